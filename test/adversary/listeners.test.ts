import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { readMemoryMiB } from '../support/memory.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

let town: Town
const requests: ClientRequest[] = []

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
})

afterAll(() => town.close())

function listen(): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(`${town.agent.httpUrl}/api/v1/messages/tail`, { agent: false }, resolve)
    requests.push(request.on('error', reject))
  })
}

test('T77: of a thousand clients that listen and never read, fifty are let in, and nobody else notices', async () => {
  const answers = await Promise.all(Array.from({ length: 1_000 }, listen))
  const statuses = answers.map(({ statusCode }) => statusCode)
  expect(statuses.filter(status => status === 200)).toHaveLength(50)
  expect(statuses.filter(status => status === 429)).toHaveLength(950)
  const before = readMemoryMiB(town.agent.pid)
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  const long = 'x'.repeat(50_000)
  for (let sequence = 1; sequence <= 200; sequence += 1) {
    const payload = JSON.stringify({ sequence, temperature: 20, long })
    await client.publishAsync('tromost/six-1/up', payload, { qos: 1 })
  }
  await client.endAsync()
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 200, waiting: 0 })
  expect((await town.agent.get('/readyz')).status).toBe(200)
  // What was published and not read would be 500 MiB.
  expect(readMemoryMiB(town.agent.pid) - before).toBeLessThan(200)
}, 120_000)

test('T77: when those are gone others are let in', async () => {
  for (const request of requests.splice(0)) request.on('error', () => undefined).destroy()
  await until('a place is free', async () => {
    const answer = await listen()
    const isIn = answer.statusCode === 200
    requests
      .pop()
      ?.on('error', () => undefined)
      .destroy()
    return isIn
  })
})
