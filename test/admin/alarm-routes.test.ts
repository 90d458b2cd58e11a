import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Identify } from '../../src/access/access.ts'
import type { Alarm } from '../../src/alarms/alarm.ts'
import type { AlarmQuery } from '../../src/alarms/alarms.ts'
import type { DeviceQuery, DeviceStatus } from '../../src/alarms/device-states.ts'
import { problem, TestHttp } from './test-http.ts'

const NINE = Date.parse('2026-01-15T09:00:00Z')

const ALARM: Alarm = {
  ...{ id: 7, kind: 'device-silent', tenant: 'kranj', subject: 'six-1' },
  ...{ severity: 'warning', message: 'silent', since: NINE },
}
const DEVICE: DeviceStatus = {
  ...{ tenant: 'kranj', id: 'six-1', profile: 'six', state: 'silent' },
  ...{ lastHeardAt: NINE, knownSince: NINE, interval: 600_000 },
  battery: { percent: 12, at: NINE, isLow: true },
}

let http: TestHttp
let asked: (AlarmQuery | DeviceQuery)[]

beforeEach(async () => {
  asked = []
  http = await TestHttp.open({
    listAlarms: query => {
      asked.push(query)
      return [ALARM, { ...ALARM, id: 6, until: NINE + 1_000 }].slice(0, query.limit)
    },
    listDeviceStates: query => {
      asked.push(query)
      return { devices: [DEVICE], last: query.limit === 1 ? 41 : undefined }
    },
    getDeviceState: (tenant, id) => (tenant === 'kranj' && id === 'six-1' ? DEVICE : undefined),
  })
})

afterEach(() => http.close())

describe('alarms', () => {
  test('are listed with their times', async () => {
    const place = { kind: 'device-silent', tenant: 'kranj', subject: 'six-1' }
    const alarm = { ...place, severity: 'warning', message: 'silent', since: '2026-01-15T09:00:00.000Z' }
    expect(await http.get('/api/v1/alarms')).toMatchObject({ status: 200 })
    expect((await http.get('/api/v1/alarms')).body).toEqual({
      alarms: [
        { id: 7, ...alarm },
        { id: 6, ...alarm, until: '2026-01-15T09:00:01.000Z' },
      ],
    })
  })

  test('come in pages, filtered as the query says', async () => {
    const query = 'limit=1&tenant=kranj&kind=device-silent&state=open'
    const { body } = await http.get(`/api/v1/alarms?${query}`)
    expect(body).toMatchObject({ alarms: [{ id: 7 }], next: expect.any(String) })
    await http.get(`/api/v1/alarms?${query}&cursor=${(body as { next: string }).next}`)
    const filter = { tenant: 'kranj', kind: 'device-silent', state: 'open' }
    expect(asked).toEqual([
      { ...filter, before: undefined, limit: 2 },
      { ...filter, before: 7, limit: 2 },
    ])
  })

  test.each([['kind=fire'], ['state=old'], ['limit=0'], ['cursor=x'], ['colour=red']])(
    'a query %s is told as wrong',
    async query => {
      expect(await http.get(`/api/v1/alarms?${query}`)).toMatchObject(problem(400, expect.any(String)))
    },
  )
})

describe('devices', () => {
  const device = {
    ...{ tenant: 'kranj', id: 'six-1', profile: 'six', state: 'silent' },
    lastHeardAt: '2026-01-15T09:00:00.000Z',
    knownSince: '2026-01-15T09:00:00.000Z',
    intervalSeconds: 600,
    battery: { percent: 12, at: '2026-01-15T09:00:00.000Z', isLow: true },
  }

  test('are listed with how they are, in pages, filtered as the query says', async () => {
    expect((await http.get('/api/v1/devices/status')).body).toEqual({ devices: [device] })
    const query = 'limit=1&tenant=kranj&state=silent&lowBattery=true'
    const { body } = await http.get(`/api/v1/devices/status?${query}`)
    expect(body).toEqual({ devices: [device], next: expect.any(String) })
    await http.get(`/api/v1/devices/status?${query}&cursor=${(body as { next: string }).next}`)
    expect(asked.at(-1)).toEqual({ limit: 1, tenant: 'kranj', state: 'silent', lowBattery: true, after: 41 })
  })

  test('that is asked for by its name says how it is', async () => {
    expect((await http.get('/api/v1/devices/kranj/six-1/status')).body).toEqual(device)
  })

  test('that is not there is told as such', async () => {
    expect(await http.get('/api/v1/devices/bled/six-1/status')).toMatchObject(
      problem(404, 'expected a device of tenant "bled", got "six-1", which is not there'),
    )
  })

  test('a query that nobody understands is told as wrong', async () => {
    expect(await http.get('/api/v1/devices/status?state=asleep')).toMatchObject(
      problem(400, expect.stringContaining('state')),
    )
  })
})

describe("a tenant's own token", () => {
  const OF_BLED: Identify = {
    identify: async ({ from }) => ({
      kind: 'actor',
      actor: { name: 'bled', role: 'admin', tenant: 'bled', from },
    }),
  }

  beforeEach(async () => {
    await http.close()
    const sources = {
      getAlarms: () => [ALARM, { ...ALARM, id: 8, tenant: undefined }],
      listAlarms: (query: AlarmQuery) => {
        asked.push(query)
        return []
      },
      listDeviceStates: (query: DeviceQuery) => {
        asked.push(query)
        return { devices: [], last: undefined }
      },
      getDeviceState: () => DEVICE,
    }
    http = await TestHttp.open(sources, '127.0.0.1', OF_BLED)
  })

  test('asks for that tenant alone, without naming it', async () => {
    await http.get('/api/v1/alarms')
    await http.get('/api/v1/devices/status')
    expect(asked).toMatchObject([{ tenant: 'bled' }, { tenant: 'bled' }])
  })

  test('learns nothing of others, nor of the agent', async () => {
    expect((await http.get('/api/v1/alarms?tenant=kranj')).status).toBe(404)
    expect((await http.get('/api/v1/devices/status?tenant=kranj')).status).toBe(404)
    expect((await http.get('/api/v1/devices/kranj/six-1/status')).status).toBe(404)
    expect((await http.get('/api/v1/status')).body).toMatchObject({ alarms: [] })
  })
})
