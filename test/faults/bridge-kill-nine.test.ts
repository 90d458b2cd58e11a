import { randomInt } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import { ForeignBroker } from '../support/foreign-broker.ts'
import { toPayload } from '../support/sensor.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const ROUNDS = 5
const READINGS_PER_ROUND = 300
const TIMEOUT_MS = 180_000

let foreign: ForeignBroker
let town: Town

afterEach(async () => {
  await town.close()
  await foreign.close()
})

test(
  'whatever a foreign broker had not acknowledged at kill -9 arrives after the restart, with all that came meanwhile',
  async () => {
    foreign = await ForeignBroker.start()
    const bridge = { id: 'lora', tenant: TENANT, url: foreign.url, topics: ['tromost/+/up'] }
    town = await Town.start({ deviceCount: 1, config: { bridges: [bridge] } })
    await until('the bridge is connected', () =>
      town.agent.logs.some(({ msg }) => msg === 'the bridge is connected'),
    )
    let sequence = 0
    const publish = async (count: number) => {
      for (const last = sequence + count; sequence < last; ) {
        sequence += 1
        await foreign.publish('tromost/six-1/up', toPayload(sequence))
      }
    }
    for (let round = 1; round <= ROUNDS; round += 1) {
      const enough = foreign.acknowledged.length + randomInt(1, READINGS_PER_ROUND)
      const published = publish(READINGS_PER_ROUND)
      await until('some are acknowledged', () => foreign.acknowledged.length >= enough)
      await town.agent.kill9()
      await published
      await publish(10)
      await town.agent.restart()
      // A broker may mix what it had kept with what comes now: order is seen when only the former is there.
      await until('all have arrived', () => new Set(town.arrivedOf('six-1')).size === sequence)
    }
    const all = Array.from({ length: sequence }, (_, index) => index + 1)
    // What was delivered and not yet saved at kill -9 comes again, behind what came before it.
    expect([...new Set(town.arrivedOf('six-1'))]).toEqual(all)
    const balance = await town.agent.settled(TENANT)
    expect(balance.delivered + balance.duplicates).toBe(balance.received)
    expect(town.broker.faults).toEqual([])
  },
  TIMEOUT_MS,
)
