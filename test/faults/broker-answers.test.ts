import type { ServerResponse } from 'node:http'
import { afterEach, expect, test } from '@jest/globals'
import { MISHAPS } from '../support/brokers/mishaps.ts'
import type { Sensor } from '../support/sensor.ts'
import type { Behaviour } from '../support/stub-broker.ts'
import { startServer, type TestServer } from '../support/test-server.ts'
import { TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

const SENSORS = 10
const READINGS = 5
const CULPRIT = 'six-10'
const SOON = { initial: '20ms', max: '100ms', alarmMax: '100ms', retryAfterMax: '100ms' }
const TIMEOUTS = { connect: '300ms', headers: '300ms', body: '300ms' }

/** None of these takes anything, or says anything of a reading. */
const TAKES_NOTHING: Readonly<Record<string, Behaviour>> = {
  ...Object.fromEntries(Object.entries(MISHAPS).map(([name, mishap]) => [name, { kind: 'mishap', mishap }])),
  'never a word': { kind: 'hang' },
  'a reset in the middle of a body': { kind: 'mishap', mishap: resetInBody },
  '500': { kind: 'answer', status: 500 },
  '502 of a proxy': { kind: 'answer', status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' },
  '503 with Retry-After': { kind: 'answer', status: 503, headers: { 'Retry-After': '30' } },
  '503 with a Retry-After of ten years': {
    kind: 'answer',
    status: 503,
    headers: { 'Retry-After': '315360000' },
  },
  '503 with a Retry-After that is none': { kind: 'answer', status: 503, headers: { 'Retry-After': 'soon' } },
  '404 for the tenant': { kind: 'answer', status: 404, body: '{"title":"NonexistentTenant"}' },
  '403': { kind: 'answer', status: 403 },
}

/** All of these refuse one entity and take the others. */
const TAKES_OTHERS: Readonly<Record<string, Behaviour>> = {
  '400 for the whole batch': { kind: 'strict' },
  '207 of the standard, of Stellio and of Orion-LD': { kind: 'normal' },
  '207 of Scorpio': {
    kind: 'normal',
    word: (success, refused) => ({
      success,
      errors: [...refused].map(([id, ProblemDetails]) => ({ type: 'Upsert', id, ProblemDetails })),
    }),
  },
  '207 that lists errors only': {
    kind: 'normal',
    word: (_success, refused) => ({
      errors: [...refused].map(([entityId, error]) => ({ entityId, error })),
    }),
  },
}

let town: Town
let tokens: TestServer

afterEach(async () => {
  await town.close()
  await tokens.close()
})

test('whatever a broker answers, one after the other and with readings coming in, all is delivered but what it refused', async () => {
  const renew = await startTown()
  const sensors = await town.connectSensors()
  let count = 0
  const publish = () => {
    for (const sensor of sensors) sensor.publish(READINGS)
    count += READINGS
  }
  for (const [title, behaviour] of Object.entries(TAKES_NOTHING)) {
    const before = await town.agent.getBalance(TENANT)
    town.broker.behave(behaviour)
    const first = town.broker.requestCount
    publish()
    const isTriedAgain = () => town.broker.requestCount >= first + 3
    await until('the agent tries again and again', isTriedAgain, { explain: () => title })
    const { delivered, quarantined } = await town.agent.getBalance(TENANT)
    expect({ title, delivered, quarantined }).toEqual({ title, delivered: before.delivered, quarantined: 0 })
  }
  for (const [title, behaviour] of Object.entries(TAKES_OTHERS)) {
    town.broker.behave(behaviour)
    publish()
    await until('all are acknowledged', () => areAcknowledged(sensors, count))
    const { delivered, quarantined } = await town.agent.settled(TENANT)
    const expected = { delivered: count * (SENSORS - 1), quarantined: count }
    expect({ title, delivered, quarantined }).toEqual({ title, ...expected })
  }
  renew()
  publish()
  await until('all are acknowledged', () => areAcknowledged(sensors, count))
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ delivered: count * (SENSORS - 1), quarantined: count })
  const all = Array.from({ length: count }, (_, index) => index + 1)
  for (const device of town.devices) {
    expect({ device, arrived: town.arrivedOf(device) }).toEqual({
      device,
      arrived: device === CULPRIT ? [] : all,
    })
  }
  expect(town.broker.faults).toEqual([])
}, 120_000)

/** With logins by tokens, t1, t2 and so on; gives what makes the broker take the one in use no more. */
async function startTown(): Promise<() => void> {
  let given = 0
  tokens = await startServer((_asked, response) => {
    given += 1
    response.end(JSON.stringify({ access_token: `t${given}`, token_type: 'Bearer', expires_in: 3_600 }))
  })
  const auth = { kind: 'oauth2', tokenUrl: `${tokens.url}/token`, clientId: 'tromost', clientSecret: 'x' }
  const destination = { auth, retry: SOON, timeouts: TIMEOUTS }
  town = await Town.start({ deviceCount: SENSORS, destination })
  town.broker.refuse(toEntityId(CULPRIT), 'relativeHumidity: I do not believe it')
  return () => {
    const spent = `Bearer t${given}`
    town.broker.guard(header => header !== undefined && header !== spent)
  }
}

function areAcknowledged(sensors: readonly Sensor[], count: number): boolean {
  return sensors.every(({ acknowledged }) => acknowledged.length === count)
}

function resetInBody(response: ServerResponse): void {
  response.writeHead(207, { 'Content-Length': '100' })
  response.write('{"success":', () => response.socket?.resetAndDestroy())
}
