/** A quarantine that is flooded: bounded in bytes, every message accounted for, and the entries of others untouched. */
import { afterEach, expect, test } from '@jest/globals'
import type { MqttClient } from 'mqtt'
import { runTromost } from '../commands/run-tromost.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { connect } from '../support/sensor.ts'
import { until } from '../support/until.ts'

const MIB = 1024 ** 2
const PASSWORD = 'seven-bridges-over-kokra'
const UNDECODABLE = Buffer.alloc(100_000, 'x')
/** Ten times the part of one of two lanes. */
const FLOOD = 100

let agent: AgentProcess
const folder = new AgentFolder()
const clients: MqttClient[] = []

afterEach(async () => {
  await Promise.all(clients.map(client => client.endAsync(true)))
  await agent.kill9()
  folder.remove()
})

async function publish(tenant: string, count: number, payload: Buffer): Promise<void> {
  const client = await connect({ url: agent.mqttUrl, username: tenant, password: PASSWORD })
  clients.push(client)
  for (let index = 0; index < count; index++) {
    await client.publishAsync(`tromost/${tenant}-1/up`, payload, { qos: 1 })
  }
}

async function listPositions(tenant: string): Promise<readonly number[]> {
  const { body } = await agent.get(`/api/v1/quarantine?tenant=${tenant}`)
  const { entries } = body as { readonly entries: readonly { readonly position: number }[] }
  return entries.map(({ position }) => position)
}

async function getUsage(tenant: string) {
  const { body } = await agent.get('/api/v1/status')
  const { lanes } = body as { lanes: { tenant: string; quarantine: { bytes: number; maxBytes: number } }[] }
  return lanes.find(lane => lane.tenant === tenant)?.quarantine ?? { bytes: Number.NaN, maxBytes: 0 }
}

test('a flood of large messages that nobody can read keeps to quarantine.maxBytes, the newest stay, all are counted, and the entry of another tenant stays', async () => {
  const tenants = ['kranj', 'bled']
  folder.write('provision.yaml', {
    tenants: tenants.map(id => ({ id })),
    credentials: tenants.map(tenant => ({
      ...{ tenant, username: tenant, password: PASSWORD },
      publish: ['tromost/+/up'],
    })),
    devices: tenants.map(tenant => ({ tenant, id: `${tenant}-1`, profile: 'test-six' })),
  })
  const destinations = [{ id: 'main', dialect: 'preview' }]
  agent = await AgentProcess.start(folder, { destinations, quarantine: { maxBytes: '2MiB' } })
  await publish('bled', 1, Buffer.from('not a reading'))
  await publish('kranj', FLOOD, UNDECODABLE)

  const balance = await agent.settled('kranj')
  expect(balance.received).toBe(FLOOD)
  await until('all of it is saved', async () => (await listPositions('kranj')).at(-1) === FLOOD - 1)
  expect(await agent.getBalance('kranj')).toMatchObject({ quarantined: 10, expired: 90, received: FLOOD })
  expect(await listPositions('kranj')).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99])
  expect(await listPositions('bled')).toEqual([0])
  expect(await agent.getBalance('bled')).toMatchObject({ quarantined: 1, expired: 0, received: 1 })

  const { bytes, maxBytes } = await getUsage('kranj')
  expect(maxBytes).toBe(MIB)
  expect(bytes).toBeGreaterThan(10 * UNDECODABLE.length)
  expect(bytes).toBeLessThanOrEqual(MIB)
  const { body } = await agent.get('/metrics')
  expect(body).toContain(`tromost_quarantine_bytes{tenant="kranj",destination="main"} ${bytes}\n`)
  expect(body).toContain(`tromost_quarantine_max_bytes{tenant="kranj",destination="main"} ${MIB}\n`)
  const status = await runTromost(['status', '--url', agent.httpUrl])
  expect(status.stdout).toMatch(/\n {2}quarantine: 9\d % of 1 MiB\n/)

  await agent.kill9()
  await agent.restart()
  expect(await getUsage('kranj')).toEqual({ bytes, maxBytes })
  expect(await agent.settled('kranj')).toMatchObject({ quarantined: 10, expired: 90, received: FLOOD })
})
