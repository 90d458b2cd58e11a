import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openTo } from '../../../src/egress/egress.ts'
import { TromostError } from '../../../src/errors.ts'
import { ForeignBroker } from '../../support/foreign-broker.ts'
import { until } from '../../support/until.ts'
import { TestBridge } from './test-bridge.ts'

const UP = 'application/1/device/dev/event/up'
const LOGIN = { username: 'tromost', password: 'over-three-bridges' }
const NUMBERS = ['1', '2', '3', '4', '5']

let foreign: ForeignBroker
let bridges: TestBridge[]

beforeEach(async () => {
  bridges = []
  foreign = await ForeignBroker.start(LOGIN)
})

afterEach(async () => {
  await Promise.all(bridges.map(bridge => bridge.close()))
  await foreign.close()
})

function open(...[config, held]: Partial<ConstructorParameters<typeof TestBridge>>): TestBridge {
  const bridge = new TestBridge({ url: foreign.url, ...LOGIN, ...config }, held)
  bridges.push(bridge)
  return bridge
}

async function openConnected(...args: Parameters<typeof open>): Promise<TestBridge> {
  const bridge = open(...args)
  await until('the bridge is connected', () => bridge.report.isConnected)
  return bridge
}

async function publish(...payloads: readonly string[]): Promise<void> {
  for (const payload of payloads) await foreign.publish(UP, payload)
}

describe('a message of the foreign broker', () => {
  test('is handed on as it came, for the tenant of the bridge and the device that its topic names', async () => {
    const { held } = await openConnected()
    await publish('reading')
    await until('it is there', () => held.messages.length === 1)
    expect(held.messages).toEqual([
      {
        tenant: 'kranj',
        device: 'dev',
        topic: UP,
        payload: Buffer.from('reading'),
        receivedAt: expect.any(Number),
        qos: 1,
      },
    ])
  })

  test('is understood without the prefix of its topic', async () => {
    const bridge = await openConnected({ topics: ['city/#'], prefix: 'city/kranj/' })
    await foreign.publish('city/kranj/tromost/dev/up', 'ours')
    await foreign.publish('city/bled/tromost/dev/up', 'not ours')
    await until('both are there', () => bridge.held.messages.length === 2)
    expect(bridge.held.messages).toMatchObject([
      { topic: 'tromost/dev/up', device: 'dev' },
      { topic: 'city/bled/tromost/dev/up', device: '' },
    ])
  })

  test.each([
    ['as it is', { topics: ['$tromost/#', UP] }, '$tromost/device-status/dev'],
    ['behind a prefix', { topics: ['city/#', UP], prefix: 'city/' }, 'city/$tromost/device-status/dev'],
  ])(
    'that poses as one of the agent’s own %s is refused, and stops nothing',
    async (_case, config, topic) => {
      const bridge = await openConnected(config)
      await foreign.publish(topic, '{"state":"ok"}')
      await publish('reading')
      await until('both are acknowledged', () => foreign.acknowledged.length === 2)
      expect(bridge.payloads).toEqual(['reading'])
      expect(bridge.observed.refusals).toEqual([
        { code: 'TOPIC_FORBIDDEN', detail: `bridge lora: topic ${topic}: only the agent itself uses it` },
      ])
    },
  )

  test('is acknowledged there once it is stored here, not before, and in the order in which it came', async () => {
    const bridge = await openConnected()
    bridge.held.hold()
    await publish(...NUMBERS)
    await until('all are handed on', () => bridge.held.messages.length === 5)
    expect(foreign.acknowledged).toEqual([])
    bridge.held.answer()
    await until('all are acknowledged', () => foreign.acknowledged.length === 5)
    expect(foreign.acknowledged).toEqual(NUMBERS)
    expect(bridge.report.acknowledged).toBe(5)
  })

  test('that is not stored is not acknowledged, nor any after it; the broker sends them again', async () => {
    const bridge = await openConnected()
    bridge.held.hold()
    await publish(...NUMBERS)
    await until('all are handed on', () => bridge.held.messages.length === 5)
    bridge.held.answer(new TromostError('JOURNAL_FULL', 'tenant kranj: no room'))
    await until('the bridge is in trouble', () => !bridge.report.isConnected)
    expect(bridge.report.trouble).toBe('JOURNAL_FULL: tenant kranj: no room')
    expect(foreign.acknowledged).toEqual([])
    bridge.held.pass()
    await until('all are acknowledged', () => foreign.acknowledged.length === 5)
    expect(bridge.payloads).toEqual([...NUMBERS, ...NUMBERS])
    expect(bridge.report).toMatchObject({ isConnected: true, acknowledged: 5 })
  })

  test('that was published while nobody was connected is there after the next start', async () => {
    const first = await openConnected()
    await first.close()
    await publish(...NUMBERS)
    const second = open()
    await until('all are acknowledged', () => foreign.acknowledged.length === 5)
    expect(second.payloads).toEqual(NUMBERS)
    expect(new Set(foreign.clientIds).size).toBe(1)
  })

  test('that is larger than mqtt.limits.packetBytes is acknowledged, refused and counted, and stops nothing', async () => {
    const bridge = await openConnected()
    await publish('x'.repeat(1025), 'small')
    await until('both are acknowledged', () => foreign.acknowledged.length === 2)
    expect(bridge.payloads).toEqual(['small'])
    expect(bridge.observed.refusals).toEqual([
      { code: 'PACKET_TOO_LARGE', detail: `bridge lora: topic ${UP}: 1025 bytes` },
    ])
  })

  test('that the broker had kept for its topic is of any age, and no reading', async () => {
    await foreign.publish(UP, 'of last year', { retain: true })
    const bridge = await openConnected()
    await publish('of now')
    await until('both are acknowledged', () => foreign.acknowledged.includes('of now'))
    expect(bridge.payloads).toEqual(['of now'])
  })

  test('at QoS 0 is taken in as well', async () => {
    const bridge = await openConnected()
    await foreign.publish(UP, 'zero', { qos: 0 })
    await until('it is there', () => bridge.held.messages.length === 1)
    expect(bridge.held.messages).toMatchObject([{ qos: 0 }])
  })

  test('waits at the broker while as many as may be wait for the disk', async () => {
    const bridge = await openConnected()
    bridge.held.hold()
    const payloads = Array.from({ length: 300 }, (_, index) => String(index))
    await publish(...payloads)
    await until('no more are taken', () => bridge.held.messages.length >= 256)
    expect(bridge.held.messages.length).toBe(256)
    bridge.held.pass()
    bridge.held.answer()
    await until('all are acknowledged', () => foreign.acknowledged.length === 300)
    expect(bridge.payloads).toEqual(payloads)
  })
})

describe('a bridge', () => {
  test('connects again when the broker has cut it off, and when it was down', async () => {
    const bridge = await openConnected()
    foreign.cutOff()
    await until('the bridge notices', () => !bridge.report.isConnected)
    await until('the bridge is back', () => bridge.report.isConnected)
    await foreign.goDown()
    await until('the bridge says why', () => bridge.report.trouble?.includes('ECONNREFUSED') === true)
    await publish('while it was down')
    await foreign.comeBack()
    await until('it is there', () => bridge.payloads.includes('while it was down'))
    // A kept message may come before the subscription is confirmed.
    await until('the bridge is back', () => bridge.report.isConnected)
    expect(bridge.report).toEqual({
      id: 'lora',
      tenant: 'kranj',
      url: foreign.url,
      isConnected: true,
      acknowledged: 1,
    })
  })

  test.each(['0x7f.1', '127.0.0.1'])(
    'whose name leads to where it must not is not connected, and says so: %s',
    async host => {
      const url = `mqtt://${host}:${new URL(foreign.url).port}`
      const bridge = new TestBridge({ url }, undefined, openTo('mqtt://other'))
      bridges.push(bridge)
      await until('it says so', () => bridge.report.trouble !== undefined)
      expect(bridge.report.trouble).toMatch(/^ADDRESS_CLOSED: .* of this machine or of a private network$/)
      expect(foreign.clientIds).toEqual([])
    },
  )

  test('that has a wrong login says so, without the password, and goes on trying', async () => {
    const bridge = open({ password: 'wrong-but-secret' })
    await until('it is refused twice', () => bridge.report.trouble !== undefined)
    expect(bridge.report.trouble).toMatch(/Connection refused: Bad username or password/i)
    expect(JSON.stringify(bridge.changes)).not.toContain('secret')
  })

  test('that may not subscribe says to what', async () => {
    foreign.forbidden.add('v3/+/devices/+/up')
    const bridge = open({ topics: ['ok/#', 'v3/+/devices/+/up'] })
    await until('it is in trouble', () => bridge.report.trouble !== undefined)
    expect(bridge.report).toMatchObject({
      isConnected: false,
      trouble: 'the broker does not allow v3/+/devices/+/up',
    })
  })

  test('whose certificate of the authority cannot be read says so', async () => {
    const bridge = open({ url: 'mqtts://127.0.0.1:1', tls: { caFile: 'no-such-file.pem' } })
    await until('it is in trouble', () => bridge.report.trouble !== undefined)
    expect(bridge.report.trouble).toMatch(/ENOENT.*no-such-file\.pem/)
  })

  test('tells a change once, however often it tries', async () => {
    await foreign.goDown()
    const bridge = open()
    let tries = 0
    const occupant = createServer((socket: Socket) => {
      tries += 1
      socket.destroy()
    })
    occupant.listen(Number(new URL(foreign.url).port), '127.0.0.1')
    await once(occupant, 'listening')
    await until('it has tried three times', () => tries >= 3)
    const troubles = bridge.changes.map(({ trouble }) => trouble)
    expect(troubles).toEqual([...new Set(troubles)])
    await new Promise(resolve => occupant.close(resolve))
  })

  test('that only gets QoS 0 works, and says what that means', async () => {
    const poor = await PoorBroker.start()
    const bridge = open({ url: poor.url })
    await until('it is connected', () => bridge.report.isConnected)
    expect(bridge.report.trouble).toMatch(/^the broker grants QoS 0 only/)
    await poor.close()
  })

  test('that is closed acknowledges what it has taken, and takes no more', async () => {
    const bridge = await openConnected()
    bridge.held.hold()
    await publish('taken')
    await until('it is handed on', () => bridge.held.messages.length === 1)
    const closed = bridge.close()
    await publish('left')
    bridge.held.answer()
    await closed
    await until('the broker has noticed', () => foreign.connectedCount === 0)
    expect(foreign.acknowledged).toEqual(['taken'])
    expect(bridge.payloads).toEqual(['taken'])
  })
})

/** Speaks just enough MQTT to grant QoS 0 for one filter. */
class PoorBroker {
  readonly #server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.on('data', packet => {
      if (packet.readUInt8(0) === 0x10) socket.write(Buffer.from([0x20, 2, 0, 0]))
      if (packet.readUInt8(0) === 0x82) {
        socket.write(Buffer.from([0x90, 3, packet.readUInt8(2), packet.readUInt8(3), 0]))
      }
    })
  })

  static async start(): Promise<PoorBroker> {
    const broker = new PoorBroker()
    broker.#server.listen(0, '127.0.0.1')
    await once(broker.#server, 'listening')
    return broker
  }

  get url(): string {
    const address = this.#server.address()
    return `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  }

  async close(): Promise<void> {
    this.#server.close()
  }
}
