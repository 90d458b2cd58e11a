import { describe, expect, test } from '@jest/globals'
import { TopicTable } from '../../src/registry/topics.ts'

describe('topics that are understood without configuration', () => {
  const table = new TopicTable([])

  test.each([
    ['tromost/dev-1/up', { device: 'dev-1' }],
    ['application/7/device/24e124136b502217/event/up', { device: '24e124136b502217' }],
    ['v3/kranj@ttn/devices/parking-7/up', { device: 'parking-7' }],
    ['zigbee2mqtt/classroom-2', { device: 'classroom-2' }],
    ['tele/plug-3/SENSOR', { device: 'plug-3' }],
    ['shellypro3em-08f9e0/events/rpc', { device: 'shellypro3em-08f9e0' }],
    ['shellypro3em-08f9e0/status/em:0', { device: 'shellypro3em-08f9e0' }],
    ['shellypro3em-08f9e0/status/a/b', { device: 'shellypro3em-08f9e0' }],
    ['/key/dev/attrs', { apikey: 'key', device: 'dev' }],
    ['/key/dev/attrs/temperature', { apikey: 'key', device: 'dev' }],
    ['key/dev/attrs', { apikey: 'key', device: 'dev' }],
    ['key/dev/attrs/temperature', { apikey: 'key', device: 'dev' }],
    ['/json/key/dev/attrs', { apikey: 'key', device: 'dev' }],
    ['/json/key/dev/attrs/temperature', { apikey: 'key', device: 'dev' }],
    ['/ul/key/dev/attrs', { apikey: 'key', device: 'dev' }],
    ['/ul/key/dev/attrs/t', { apikey: 'key', device: 'dev' }],
    ['json/key/dev/attrs', { apikey: 'key', device: 'dev' }],
    ['ul/key/dev/attrs/t', { apikey: 'key', device: 'dev' }],
    ['/json/attrs/attrs', { apikey: 'json', device: 'attrs' }],
    ['tromost/šola 1/up', { device: 'šola 1' }],
    ['spBv1.0/kranj/NBIRTH/gw-1', { device: 'gw-1' }],
    ['spBv1.0/kranj/NDATA/gw-1', { device: 'gw-1' }],
    ['spBv1.0/kranj/NDEATH/gw-1', { device: 'gw-1' }],
    ['spBv1.0/kranj/DBIRTH/gw-1/park-1', { device: 'park-1' }],
    ['spBv1.0/kranj/DDATA/gw-1/park-1', { device: 'park-1' }],
    ['spBv1.0/kranj/DDEATH/gw-1/park-1', { device: 'park-1' }],
    ['spBv1.0/status/NDATA/gw-1', { device: 'gw-1' }],
  ])('%s names its device', (topic, names) => {
    expect(table.find(topic)).toEqual(names)
  })

  test.each([
    '',
    '/',
    'tromost/dev-1',
    'tromost/dev-1/down',
    'tromost/dev-1/up/',
    '/tromost/dev-1/up',
    'tromost//up',
    'application/7/device/24e1/event/join',
    'application/7/device//event/up',
    'application/7/devices/24e1/event/up',
    'v3/kranj@ttn/devices/parking-7/down',
    'zigbee2mqtt',
    'zigbee2mqtt/',
    'zigbee2mqtt/classroom-2/availability',
    'tele/plug-3/STATE',
    'TELE/plug-3/SENSOR',
    'shelly/events',
    'shelly/status',
    '/events/rpc',
    '/key/dev/cmd',
    '/key//attrs',
    '//dev/attrs',
    '/key/dev/attrs/a/b',
    '/xml/key/dev/attrs',
    'spBv1.0/STATE/scada',
    'spBv1.0/kranj/NCMD/gw-1',
    'spBv1.0/kranj/DCMD/gw-1/park-1',
    'spBv1.0/kranj/NDATA/gw-1/park-1',
    'spBv1.0/kranj/DDATA/gw-1',
    'spAv1.0/kranj/NDATA/gw-1',
  ])('%j names none', topic => {
    expect(table.find(topic)).toBeUndefined()
  })
})

describe('routes of a tenant', () => {
  test('name the device, and the profile where they have one', () => {
    const table = new TopicTable([
      { topic: 'zgornja-reka/{device}/nivo', profile: 'water-level' },
      { topic: 'wmbusmeters/{device}' },
    ])
    expect(table.find('zgornja-reka/most-1/nivo')).toEqual({ device: 'most-1', profile: 'water-level' })
    expect(table.find('wmbusmeters/12345678')).toEqual({ device: '12345678' })
    expect(table.find('zgornja-reka/most-1/temperatura')).toBeUndefined()
  })

  test('come before the conventions', () => {
    const table = new TopicTable([
      { topic: '{device}/plug/SENSOR', profile: 'of-route' },
      { topic: 'zigbee2mqtt/{device}', profile: 'of-route' },
    ])
    expect(table.find('tele/plug/SENSOR')).toEqual({ device: 'tele', profile: 'of-route' })
    expect(table.find('zigbee2mqtt/a')).toEqual({ device: 'a', profile: 'of-route' })
  })

  test('come in the order in which they are given', () => {
    const table = new TopicTable([
      { topic: 'a/{device}', profile: 'first' },
      { topic: '+/{device}', profile: 'second' },
    ])
    expect(table.find('a/x')?.profile).toBe('first')
    expect(table.find('b/x')?.profile).toBe('second')
  })

  test('+ is any level, but one', () => {
    const table = new TopicTable([{ topic: 'city/+/{device}/+' }])
    expect(table.find('city/north/dev/up')).toEqual({ device: 'dev' })
    expect(table.find('city//dev/')).toEqual({ device: 'dev' })
    expect(table.find('city/north/dev')).toBeUndefined()
    expect(table.find('city/north/dev/up/x')).toBeUndefined()
  })

  test('do not name a device without a name', () => {
    expect(new TopicTable([{ topic: 'city/{device}/up' }]).find('city//up')).toBeUndefined()
  })

  test('may carry the key of a group', () => {
    const table = new TopicTable([{ topic: 'iot/{apikey}/{device}' }])
    expect(table.find('iot/key/dev')).toEqual({ apikey: 'key', device: 'dev' })
    expect(table.find('iot//dev')).toBeUndefined()
  })
})
