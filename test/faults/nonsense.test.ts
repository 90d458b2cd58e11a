import { afterEach, expect, test } from '@jest/globals'
import { connect, toPayload } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'

const NONSENSE: readonly (readonly [topic: string, payload: string | Buffer])[] = [
  ['tromost/six-1/up', ''],
  ['tromost/six-1/up', '{"sequence":'],
  ['tromost/six-1/up', 'ﷺ not JSON at all'],
  ['tromost/six-1/up', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
  ['tromost/six-1/up', 'null'],
  ['tromost/six-1/up', '[1,2,3]'],
  ['tromost/six-1/up', '['.repeat(100_000)],
  ['tromost/nobody/up', toPayload(1)],
  ['/wrong-key/six-1/attrs', toPayload(1)],
]

let town: Town

afterEach(() => town.close())

test('nonsense is acknowledged and quarantined, each of it, and readings before and after it arrive', async () => {
  town = await Town.start({ deviceCount: 2, mayPublish: ['#'] })
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  let sequence = 1
  for (const [topic, payload] of NONSENSE) {
    await client.publishAsync('tromost/six-1/up', toPayload(sequence), { qos: 1 })
    await client.publishAsync(topic, payload, { qos: 1 })
    await client.publishAsync('tromost/six-2/up', toPayload(sequence), { qos: 1 })
    sequence += 1
  }
  await client.endAsync()
  const count = NONSENSE.length
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ received: 3 * count, delivered: 2 * count, quarantined: count })
  const all = NONSENSE.map((_, index) => index + 1)
  for (const device of town.devices) expect(town.arrivedOf(device)).toEqual(all)
  expect(town.broker.faults).toEqual([])
})

test('a value out of its range is left out, and the rest of the reading arrives', async () => {
  town = await Town.start({ deviceCount: 1 })
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await client.publishAsync('tromost/six-1/up', '{"sequence":1,"temperature":999,"humidity":"wet"}', {
    qos: 1,
  })
  await client.publishAsync('tromost/six-1/up', '{"temperature":999}', { qos: 1 })
  await client.endAsync()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 2, delivered: 1, skipped: 1 })
  const [id = ''] = town.broker.store.ids
  expect(Object.keys(town.broker.store.get(id) ?? {})).toEqual(['id', 'type', 'sequence'])
})
