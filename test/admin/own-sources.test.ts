import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { TailListener } from '../../src/trace/tail-hub.ts'
import { TestAccess } from '../access/test-access.ts'
import { createLane, TestHttp } from './test-http.ts'

const METRICS = `# HELP tromost_lane_waiting Messages that wait.
# TYPE tromost_lane_waiting gauge
tromost_lane_waiting{tenant="kranj",destination="main"} 5
tromost_lane_waiting{tenant="bled",destination="main"} 6
tromost_reasons{reason="tenant=\\"kranj\\"",tenant="bled"} 7
tromost_reasons{reason="MAP_FAILED",tenant="kranj"} 8
process_resident_memory_bytes 9
`

let own: TestAccess
let http: TestHttp
let secret: string
let queries: unknown[]
let listeners: TailListener[]

beforeEach(async () => {
  own = await TestAccess.open()
  queries = []
  listeners = []
  const note = <R>(answer: R) => {
    return async (query: unknown) => {
      queries.push(query)
      return answer
    }
  }
  const place = { id: 1, kind: 'balance', subject: 'main' } as const
  const alarm = { ...place, severity: 'critical', message: 'x', since: 0 } as const
  const bridge = { url: 'mqtt://lns', isConnected: true, acknowledged: 7 }
  http = await TestHttp.open(
    {
      tenantIds: ['kranj', 'bled'],
      getLanes: async () => [createLane(), createLane({ tenant: 'bled' })],
      getAlarms: () => ['kranj', 'bled'].map(tenant => ({ ...alarm, tenant })),
      getBridges: () => ['kranj', 'bled'].map(tenant => ({ ...bridge, tenant, id: `of-${tenant}` })),
      getJournalUsage: () => ({
        bytes: 30,
        maxBytes: 300,
        tenants: [
          { tenant: 'kranj', bytes: 10, maxBytes: 100 },
          { tenant: 'bled', bytes: 20, maxBytes: 200 },
        ],
      }),
      renderMetrics: async () => METRICS,
      listEntities: note([]),
      listQuarantine: note([]),
      getQuarantined: note(undefined),
      listMessages: note({ messages: [], scanned: 0, isComplete: true }),
      listenToMessages: async listener => {
        listeners.push(listener)
        return async () => {}
      },
    },
    '127.0.0.1',
    own.access,
  )
  secret = (await own.create({ name: 'theirs', role: 'viewer', tenant: 'kranj' })).secret
})

afterEach(async () => {
  await http.close()
  own.close()
})

async function get(path: string): Promise<unknown> {
  return (await http.get(path, { Authorization: `Bearer ${secret}` })).body
}

describe('with the token of a tenant', () => {
  test('the status is of its lanes, alarms, bridges and part of the journal', async () => {
    expect(await get('/api/v1/status')).toMatchObject({
      alarms: [{ tenant: 'kranj' }],
      lanes: [{ tenant: 'kranj' }],
      bridges: [{ id: 'of-kranj' }],
      journal: { bytes: 10, maxBytes: 100, tenants: [{ tenant: 'kranj', bytes: 10, maxBytes: 100 }] },
    })
    expect(JSON.stringify(await get('/api/v1/status'))).not.toContain('bled')
  })

  test('lanes and balance are its own', async () => {
    expect(await get('/api/v1/lanes')).toMatchObject({ lanes: [{ tenant: 'kranj' }] })
    expect(await get('/api/v1/balance')).toMatchObject({
      tenants: [{ tenant: 'kranj' }],
      totals: [{ tenant: 'kranj' }],
      total: { received: 100 },
    })
  })

  test('metrics are those that name it', async () => {
    const lines = String(await get('/metrics')).split('\n')
    expect(lines.filter(line => !line.startsWith('#') && line !== '')).toEqual([
      'tromost_lane_waiting{tenant="kranj",destination="main"} 5',
      'tromost_reasons{reason="MAP_FAILED",tenant="kranj"} 8',
    ])
  })

  test('entities are asked for as its own, whatever is asked for', async () => {
    await get('/ngsi-ld/v1/entities')
    await get('/ngsi-ld/v1/entities/urn:x')
    expect(queries).toMatchObject([{ tenant: 'kranj' }, { tenant: 'kranj', ids: ['urn:x'] }])
    const headers = { Authorization: `Bearer ${secret}`, 'NGSILD-Tenant': 'bled' }
    expect((await http.get('/ngsi-ld/v1/entities', headers)).status).toBe(404)
  })

  test('the quarantine of others is not looked into', async () => {
    await get('/api/v1/quarantine')
    expect(queries).toMatchObject([{ tenant: 'kranj' }])
    expect(await get('/api/v1/quarantine/bled/main/1')).toMatchObject({ status: 404, code: 'TENANT_UNKNOWN' })
    expect(await get('/api/v1/quarantine/bled%2Fmain%2F1')).toMatchObject({
      status: 404,
      code: 'ENTRY_UNKNOWN',
    })
    expect(await get('/api/v1/quarantine?cursor=bled/main/1')).toMatchObject({ status: 400 })
    expect(queries).toHaveLength(1)
  })

  test('messages are its own, without naming it', async () => {
    expect(await get('/api/v1/messages?device=six-1')).toMatchObject({ tenant: 'kranj' })
    const stopped = new AbortController()
    const headers = { Authorization: `Bearer ${secret}` }
    const { signal } = stopped
    await fetch(`http://127.0.0.1:${http.port}/api/v1/messages/tail?device=six-1`, { headers, signal })
    stopped.abort()
    expect(listeners[0]?.filter).toEqual({ tenant: 'kranj', device: 'six-1' })
  })
})
