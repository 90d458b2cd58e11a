import { beforeEach, describe, expect, test } from '@jest/globals'
import { compileDecoder, type Decode } from '../../../src/decode/decode.ts'
import { EdgeNodes, type KnownBirth } from '../../../src/decode/sparkplug/edge-nodes.ts'
import { createProfile } from '../../profiles/sound-profile.ts'
import { bdSeq, encodeSparkplug, type Metric, type Sent } from '../../support/sparkplug.ts'
import { createMessage, RECEIVED_AT } from '../create-message.ts'

const NODE = 'spBv1.0/kranj/KIND/gw-1'
const DEVICE = `${NODE}/air-1`
const LEVEL: Metric = { name: 'level', alias: 2, type: 'int16', value: 3 }
const AIR: Metric = { name: 'Air/temperature', alias: 7, type: 'float', value: 21.5 }
const SENT_AT = RECEIVED_AT - 5_000

let kept: { birth: KnownBirth; position: number }[]
let asked: string[]
let lost: (readonly string[])[]
let decode: Decode
let position: number

function open(births: readonly KnownBirth[] = []): EdgeNodes {
  return new EdgeNodes({
    births,
    onBirth: (birth, at) => kept.push({ birth, position: at }),
    onRebirthNeeded: ({ group, edgeNode }, reason) => asked.push(`${group}/${edgeNode}: ${reason}`),
    onNodeDeath: (_edgeNode, devices) => lost.push(devices),
  })
}

function start(edgeNodes = open()): void {
  const entities = [{ type: 'Thing', attributes: { online: { from: 'link.online' } } }]
  decode = compileDecoder(createProfile({ decode: { sparkplug: {} }, entities }), edgeNodes)
}

function send(topic: string, kind: string, sent: Omit<Sent, 'timestamp'>) {
  const payload = encodeSparkplug({ timestamp: SENT_AT, ...sent })
  position += 1
  return decode(createMessage(payload, topic.replace('KIND', kind)), position)
}

function valuesOf(...sending: Parameters<typeof send>) {
  return send(...sending).map(({ values }) => values)
}

beforeEach(() => {
  kept = []
  asked = []
  lost = []
  position = 0
  start()
})

describe('data', () => {
  test('by alias has the names and types of the birth before', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(1), LEVEL] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    expect(valuesOf(NODE, 'NDATA', { seq: 2, metrics: [{ alias: 2, value: -4 }] })).toEqual([{ level: -4 }])
    expect(valuesOf(DEVICE, 'DDATA', { seq: 3, metrics: [{ alias: 7, value: 22.5, as: 'float' }] })).toEqual([
      { 'Air/temperature': 22.5 },
    ])
    expect(asked).toEqual([])
  })

  test('by name has the types of the birth before', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(1), LEVEL] })
    expect(valuesOf(NODE, 'NDATA', { seq: 1, metrics: [{ name: 'level', value: -4 }] })).toEqual([
      { level: -4 },
    ])
  })

  test('by an alias before any birth is refused with the alias, and the edge node is asked for a rebirth', () => {
    expect(() => send(DEVICE, 'DDATA', { seq: 9, metrics: [{ alias: 7, value: 1, as: 'float' }] })).toThrow(
      'DECODE_FAILED: expected a birth before that announces alias 7, got bytes 08',
    )
    expect(asked[0]).toBe('kranj/gw-1: data before the birth')
  })

  test('that says all of itself is decoded before any birth, and a rebirth is asked for all the same', () => {
    const metrics: Metric[] = [
      { name: 'level', type: 'int16', value: -4 },
      { name: 't', value: 1.5, as: 'float' },
    ]
    expect(valuesOf(NODE, 'NDATA', { seq: 9, metrics })).toEqual([{ level: -4, t: 1.5 }])
    expect(asked[0]).toBe('kranj/gw-1: data before the birth')
  })

  test('by an alias that the birth has not announced is refused, and a rebirth is asked for', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(1), LEVEL] })
    expect(() => send(NODE, 'NDATA', { seq: 1, metrics: [{ alias: 3, value: 1 }] })).toThrow('alias 3')
    expect(asked).toEqual(['kranj/gw-1: alias 3 is in no birth'])
  })

  test('of a device by alias waits for its birth when its edge node was born again', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(1)] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(2)] })
    const data = { seq: 1, metrics: [{ alias: 7, value: 1, as: 'float' }] } as const
    expect(() => send(DEVICE, 'DDATA', data)).toThrow('alias 7')
    send(DEVICE, 'DBIRTH', { seq: 2, metrics: [AIR] })
    expect(valuesOf(DEVICE, 'DDATA', { ...data, seq: 3 })).toEqual([{ 'Air/temperature': 1 }])
  })

  test('of another edge node with the same names and aliases is not confused with it', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [LEVEL] })
    const other = NODE.replace('gw-1', 'gw-2')
    send(other, 'NBIRTH', { seq: 0, metrics: [{ ...LEVEL, name: 'depth' }] })
    const data = { seq: 1, metrics: [{ alias: 2, value: 5 }] }
    expect(valuesOf(NODE, 'NDATA', data)).toEqual([{ level: 5 }])
    expect(valuesOf(other, 'NDATA', data)).toEqual([{ depth: 5 }])
  })
})

describe('a birth', () => {
  test('gives all its values, and says that the sender is there', () => {
    const metrics = [AIR, { name: 'serial', type: 'text', value: 'A1', timestamp: SENT_AT - 60_000 } as const]
    expect(send(DEVICE, 'DBIRTH', { seq: 1, metrics })).toEqual([
      { values: { serial: 'A1' }, observedAt: SENT_AT - 60_000 },
      { values: { 'Air/temperature': 21.5, link: { online: true } }, observedAt: SENT_AT },
    ])
  })

  test('is kept with its place when it says something new, and not again when it does not', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [LEVEL] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    send(NODE, 'NBIRTH', { seq: 0, metrics: [{ ...LEVEL, value: 8 }] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    expect(kept).toEqual([
      {
        birth: { group: 'kranj', edgeNode: 'gw-1', definitions: [{ name: 'level', alias: '2', type: 2 }] },
        position: 1,
      },
      {
        birth: {
          group: 'kranj',
          edgeNode: 'gw-1',
          device: 'air-1',
          definitions: [{ name: 'Air/temperature', alias: '7', type: 9 }],
        },
        position: 2,
      },
    ])
  })

  test('of a device is kept again behind one of its edge node that says something new', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [LEVEL] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    send(NODE, 'NBIRTH', { seq: 0, metrics: [{ ...LEVEL, alias: 3 }] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    expect(kept.map(({ birth, position: at }) => [birth.device, at])).toEqual([
      [undefined, 1],
      ['air-1', 2],
      [undefined, 3],
      ['air-1', 4],
    ])
  })

  test('that was kept is known to those who begin with it', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [LEVEL] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    start(open(kept.map(({ birth }) => birth)))
    expect(valuesOf(NODE, 'NDATA', { seq: 7, metrics: [{ alias: 2, value: -1 }] })).toEqual([{ level: -1 }])
    expect(valuesOf(DEVICE, 'DDATA', { seq: 8, metrics: [{ alias: 7, value: 1, as: 'float' }] })).toEqual([
      { 'Air/temperature': 1 },
    ])
    expect(asked).toEqual([])
  })

  test('of a device that was kept before a later one of its edge node is over', () => {
    const node = { group: 'kranj', edgeNode: 'gw-1', definitions: [] }
    const device = { ...node, device: 'air-1', definitions: [{ name: 't', alias: '7', type: 9 }] }
    start(open([node, device, node]))
    const data = { seq: 7, metrics: [{ alias: 7, value: 1, as: 'float' }] } as const
    expect(() => send(DEVICE, 'DDATA', data)).toThrow('alias 7')
  })
})

describe('the numbers of messages', () => {
  test('run over all messages of an edge node, and begin again at 0 after 255', () => {
    send(NODE, 'NBIRTH', { seq: 254, metrics: [LEVEL] })
    send(DEVICE, 'DBIRTH', { seq: 255, metrics: [AIR] })
    send(NODE, 'NDATA', { seq: 0 })
    send(DEVICE, 'DDATA', { seq: 1 })
    send(DEVICE, 'DDEATH', { seq: 2 })
    expect(asked).toEqual([])
  })

  test('with a gap are a reason for a rebirth, and what came is decoded', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [LEVEL] })
    expect(valuesOf(NODE, 'NDATA', { seq: 3, metrics: [{ alias: 2, value: 9 }] })).toEqual([{ level: 9 }])
    expect(asked).toEqual(['kranj/gw-1: expected seq 1, got 3'])
  })

  test('may repeat, as QoS 1 does', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [LEVEL] })
    send(NODE, 'NDATA', { seq: 1 })
    send(NODE, 'NDATA', { seq: 1 })
    expect(asked).toEqual([])
  })

  test('count messages of devices that nobody has provisioned', () => {
    const edgeNodes = open()
    start(edgeNodes)
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    const heard = encodeSparkplug({ timestamp: SENT_AT, seq: 2 })
    edgeNodes.hear('spBv1.0/kranj/DDATA/gw-1/stranger', heard)
    edgeNodes.hear('spBv1.0/kranj/DDATA/gw-1/stranger', Buffer.from('nonsense'))
    send(DEVICE, 'DDATA', { seq: 3 })
    expect(asked).toEqual([])
  })

  test('begin anew with an edge node that nobody has provisioned, and the births of its devices are over', () => {
    const edgeNodes = open()
    start(edgeNodes)
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    edgeNodes.hear('spBv1.0/kranj/NBIRTH/gw-1', encodeSparkplug({ timestamp: SENT_AT, seq: 0 }))
    const data = { seq: 1, metrics: [{ alias: 7, value: 1, as: 'float' }] } as const
    expect(() => send(DEVICE, 'DDATA', data)).toThrow('alias 7')
    expect(asked).toEqual(['kranj/gw-1: data before the birth', 'kranj/gw-1: alias 7 is in no birth'])
  })
})

describe('a death', () => {
  test('of an edge node comes at the time of receipt, and takes its devices with it', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(4)] })
    send(DEVICE, 'DBIRTH', { seq: 1, metrics: [AIR] })
    expect(send(NODE, 'NDEATH', { metrics: [bdSeq(4)] })).toEqual([
      { values: { link: { online: false } }, observedAt: RECEIVED_AT },
    ])
    expect(lost).toEqual([['air-1']])
  })

  test('of a device comes at the time that it says', () => {
    expect(send(DEVICE, 'DDEATH', { seq: 3 })).toEqual([
      { values: { link: { online: false } }, observedAt: SENT_AT },
    ])
    expect(lost).toEqual([])
  })

  test('of a session before the present one is none', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(5)] })
    expect(send(NODE, 'NDEATH', { metrics: [bdSeq(4)] })).toEqual([])
    expect(lost).toEqual([])
    send(NODE, 'NDATA', { seq: 1 })
    expect(asked).toEqual([])
  })

  test('makes data that follows it a reason for a rebirth', () => {
    send(NODE, 'NBIRTH', { seq: 0, metrics: [bdSeq(4), LEVEL] })
    send(NODE, 'NDEATH', { metrics: [bdSeq(4)] })
    expect(valuesOf(NODE, 'NDATA', { seq: 1, metrics: [{ alias: 2, value: 1 }] })).toEqual([{ level: 1 }])
    expect(asked).toEqual(['kranj/gw-1: data after the death'])
  })
})

describe('a birth in bytes', () => {
  test('gives members of templates that come without their types the types that it said', () => {
    const pump = '0880a58887bc33121a0a0470756d701005201392010d12090a0372706d2002500528001800'
    decode(createMessage(Buffer.from(pump, 'hex'), NODE.replace('KIND', 'NBIRTH')))
    const data = '0880a58887bc331212100592010d12090a0372706d50fdff0328001801'
    const [reading] = decode(createMessage(Buffer.from(data, 'hex'), NODE.replace('KIND', 'NDATA')))
    expect(reading?.values).toEqual({ pump: { rpm: -3 } })
  })

  test('tells aliases apart that differ in the last digit of twenty', () => {
    const two =
      '0880a58887bc3312140a0161108180808080808080102009650000803f12140a016210828080808080808010200965000000401800'
    decode(createMessage(Buffer.from(two, 'hex'), NODE.replace('KIND', 'NBIRTH')))
    const second = '0880a58887bc33120f1082808080808080801065000040401801'
    const [reading] = decode(createMessage(Buffer.from(second, 'hex'), NODE.replace('KIND', 'NDATA')))
    expect(reading?.values).toEqual({ b: 3 })
  })
})
