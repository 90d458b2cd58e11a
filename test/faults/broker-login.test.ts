import { copyFileSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { getServerTls, getTlsFile, startServer, type TestServer } from '../support/test-server.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const SECRET = 'under-the-three-bridges'
/** Rarely enough that no retry by itself comes within a test. */
const RARELY = { retry: { initial: '10m', max: '10m', alarmMax: '10m' } }

let town: Town
const servers: TestServer[] = []

afterEach(async () => {
  await town.close()
  for (const server of servers.splice(0)) await server.close()
})

/** A token server that gives t1, t2 and so on, of which the town's broker takes the newest. */
async function startTokens() {
  let given = 0
  const tokens = await startServer((_asked, response) => {
    given += 1
    response.end(JSON.stringify({ access_token: `t${given}`, token_type: 'Bearer', expires_in: 3_600 }))
  })
  servers.push(tokens)
  const auth = { kind: 'oauth2', tokenUrl: `${tokens.url}/token`, clientId: 'tromost', clientSecret: SECRET }
  return { tokens, auth, isNewest: (header: string | undefined) => header === `Bearer t${given}` }
}

async function publish(readings: number): Promise<void> {
  const sensors = await town.connectSensors()
  for (const sensor of sensors) sensor.publish(readings)
  const isAcknowledged = () => sensors.every(({ acknowledged }) => acknowledged.length === readings)
  await until('all are acknowledged', isAcknowledged)
}

async function getLane(): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await town.agent.get('/api/v1/lanes')
  return (body as { lanes: readonly [Readonly<Record<string, unknown>>] }).lanes[0]
}

test('T85: a token that is withdrawn is replaced once for all requests, without an alarm, and its secret is shown nowhere', async () => {
  const { tokens, auth, isNewest } = await startTokens()
  town = await Town.start({ deviceCount: 10, destination: { auth, batch: { maxEntities: 1 } } })
  town.broker.guard(isNewest)
  await publish(20)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 200 })
  expect(tokens.asked).toHaveLength(1)
  town.broker.guard(header => header === 'Bearer t2')
  await publish(20)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 400, quarantined: 0 })
  expect(tokens.asked).toHaveLength(2)
  expect(town.broker.faults).toEqual([])
  const { body: metrics } = await town.agent.get('/metrics')
  const told = JSON.stringify([town.agent.logs, await getLane(), metrics])
  expect(town.agent.logs.filter(({ level }) => level === 'error')).toEqual([])
  expect(told).not.toContain(SECRET)
  expect(told).not.toContain('Bearer')
})

test('a token server that is down is named, and readings wait until it is back', async () => {
  const { tokens, auth } = await startTokens()
  tokens.answer((_asked, response) => response.writeHead(503).end('busy'))
  town = await Town.start({ deviceCount: 3, destination: { auth } })
  await publish(5)
  const trouble = `token server ${tokens.url}/token: HTTP 503: busy`
  await until('the trouble is told', async () => (await getLane())['trouble'] === trouble)
  expect(town.broker.requestCount).toBe(0)
  tokens.answer((_asked, response) => response.end('{"access_token":"t"}'))
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 15, quarantined: 0 })
  expect(await getLane()).not.toHaveProperty('trouble')
})

test('a login that is refused pauses the lane with an alarm; its readings wait, and go at once when it is corrected', async () => {
  const destination = { auth: { kind: 'bearer', token: 'wrong' }, ...RARELY }
  town = await Town.start({ deviceCount: 10, destination })
  town.broker.guard(header => header === 'Bearer right')
  await publish(5)
  await until('the alarm', async () => (await getLane())['alarm'] === 'DESTINATION_LOGIN')
  expect(await getLane()).toMatchObject({
    trouble: 'HTTP 401',
    breaker: 'open',
    requestsInFlight: 0,
    waiting: 50,
    retryInMs: expect.any(Number),
  })
  const { body: metrics } = await town.agent.get('/metrics')
  expect(metrics).toContain(`tromost_lane_alarm{tenant="${TENANT}",destination="main"} 1`)
  const alarms = town.agent.logs.filter(({ alarm }) => alarm === 'DESTINATION_LOGIN')
  expect(alarms).toEqual([expect.objectContaining({ level: 'error', tenant: TENANT, destination: 'main' })])
  expect(town.broker.requestCount).toBe(1)
  await town.agent.stop()
  town.broker.guard(() => true)
  await town.agent.restart()
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 50, quarantined: 0 })
  expect(town.broker.faults).toEqual([])
})

test.each([
  ['a broker that does not know its tenant', 404, '{"title":"NonexistentTenant"}'],
  [
    'a proxy that wants a certificate and says so with 400 and a page',
    400,
    '<html>No required SSL certificate',
  ],
])('%s pauses the lane with an alarm and costs no reading', async (_who, status, body) => {
  town = await Town.start({ deviceCount: 3, destination: RARELY })
  town.broker.behave({ kind: 'answer', status, body })
  await publish(2)
  await until('the alarm', async () => (await getLane())['alarm'] === 'DESTINATION_MISTAKEN')
  expect(await getLane()).toMatchObject({ trouble: `HTTP ${status}: ${body}` })
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ delivered: 0, quarantined: 0, waiting: 6 })
  town.broker.behave({ kind: 'normal' })
  await town.agent.kill9()
  await town.agent.restart()
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 6, quarantined: 0 })
})

test('T90: a redirect is not followed, and our login stays here', async () => {
  const elsewhere = await startServer((_asked, response) => response.writeHead(204).end())
  servers.push(elsewhere)
  const destination = { auth: { kind: 'bearer', token: SECRET }, ...RARELY }
  town = await Town.start({ deviceCount: 3, destination })
  const headers = { Location: `${elsewhere.url}/ngsi-ld` }
  town.broker.behave({ kind: 'answer', status: 307, headers })
  await publish(1)
  await until('the alarm', async () => (await getLane())['alarm'] === 'DESTINATION_MISTAKEN')
  expect((await getLane())['trouble']).toBe(
    `unexpected HTTP 307 (to ${elsewhere.url}/ngsi-ld; redirects are not followed)`,
  )
  expect(elsewhere.asked).toEqual([])
  expect(await town.agent.getBalance(TENANT)).toMatchObject({ delivered: 0, quarantined: 0, waiting: 3 })
})

test('T79: a broker that is not trusted gets nothing; when its authority is put in place the readings go at once', async () => {
  const broker = await startServer((_asked, response) => response.writeHead(204).end(), getServerTls())
  servers.push(broker)
  const destination = { url: broker.url, tls: { caFile: 'ca.pem' }, ...RARELY }
  const files = { 'ca.pem': readFileSync(getTlsFile('client.pem'), 'utf8') }
  town = await Town.start({ deviceCount: 3, destination, files })
  await publish(5)
  await until('the alarm', async () => (await getLane())['alarm'] === 'DESTINATION_UNTRUSTED')
  expect(broker.asked).toEqual([])
  copyFileSync(resolve(getTlsFile('ca.pem')), join(town.folder.path, 'ca.pem'))
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 15, quarantined: 0 })
  expect(town.agent.logs.map(({ msg }) => msg)).toContain('changed certificates are in use')
})

test('an agent that does not check the certificate of its broker says so at the start', async () => {
  const broker = await startServer(
    (_asked, response) => response.writeHead(204).end(),
    getServerTls('expired'),
  )
  servers.push(broker)
  const destination = { url: broker.url, tls: { rejectUnauthorized: false } }
  town = await Town.start({ deviceCount: 1, destination })
  await publish(1)
  expect(await town.agent.settled(TENANT)).toMatchObject({ delivered: 1 })
  expect(town.agent.logs).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      destination: 'main',
      msg: 'tls.rejectUnauthorized is false: anybody may pose as the destination and read what is sent',
    }),
  )
})
