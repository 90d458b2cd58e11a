import { describe, expect, test } from '@jest/globals'
import {
  createCommandTopic,
  createDeviceTopic,
  getQualifiedIds,
  isSparkplugControl,
  parseSparkplugTopic,
} from '../src/sparkplug-topic.ts'

describe('a topic of Sparkplug B', () => {
  test('names group, kind, edge node and, for kinds of devices, the device', () => {
    expect(parseSparkplugTopic('spBv1.0/kranj/NDATA/gw-1')).toEqual({
      group: 'kranj',
      kind: 'NDATA',
      edgeNode: 'gw-1',
    })
    expect(parseSparkplugTopic('spBv1.0/mesto Kranj/DBIRTH/gw-1/šola')).toEqual({
      group: 'mesto Kranj',
      kind: 'DBIRTH',
      edgeNode: 'gw-1',
      device: 'šola',
    })
  })

  test.each([
    'spBv1.0/kranj/NDATA',
    'spBv1.0/kranj/NDATA/gw-1/park-1',
    'spBv1.0/kranj/DDATA/gw-1',
    'spBv1.0/kranj/DDATA/gw-1/',
    'spBv1.0/kranj/DDATA/gw-1/a/b',
    'spBv1.0//NDATA/gw-1',
    'spBv1.0/kranj/NCMD/gw-1',
    'spBv1.0/STATE/scada',
    'tromost/gw-1/up',
    `spBv1.0/kranj/NDATA/${'x'.repeat(129)}`,
    'spBv1.0/kranj/NDATA/gw\u00001',
  ])('%j is none', topic => {
    expect(parseSparkplugTopic(topic)).toBeUndefined()
  })

  test('of commands and of the state of a host is control', () => {
    const topics = ['spBv1.0/STATE/scada', 'spBv1.0/g/NCMD/e', 'spBv1.0/g/DCMD/e/d']
    expect(topics.filter(isSparkplugControl)).toEqual(topics)
    const others = ['spBv1.0/g/NDATA/NCMD', 'spBv1.0/NCMD/NDATA/e', 'a/spBv1.0/STATE/x', 'STATE/scada']
    expect(others.filter(isSparkplugControl)).toEqual([])
  })

  test('may be that of a device whose id names its edge node too', () => {
    expect(getQualifiedIds('spBv1.0/g/DDATA/e/d')).toEqual(['g:e:d', 'e:d'])
    expect(getQualifiedIds('spBv1.0/g/NDATA/e')).toEqual(['g:e'])
    expect(getQualifiedIds('tromost/d/up')).toEqual([])
  })

  test('is made for a device, and for commands to an edge node', () => {
    expect(createDeviceTopic('g', 'e', 'd')).toBe('spBv1.0/g/DDATA/e/d')
    expect(createCommandTopic('g', 'e')).toBe('spBv1.0/g/NCMD/e')
  })
})
