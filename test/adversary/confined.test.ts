import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'
import { CONFINED_USER, confine, runInNetwork } from '../support/confinement.ts'
import { toPayload } from '../support/sensor.ts'
import { GATEWAY, toEntityId, toProvision } from '../support/town.ts'
import { until } from '../support/until.ts'

const MQTT = join(import.meta.dirname, '../../node_modules/mqtt/build/bin/mqtt.js')
const NOT_ALLOWED = 'no right to make namespaces: the agent is not confined here'

let folder: AgentFolder
let agent: AgentProcess
let isConfined = false

afterEach(async () => {
  await agent.kill9()
  folder.remove()
})

test('T104: without rights, without a network, and with nothing to write to but its data folder the agent works', async () => {
  folder = new AgentFolder()
  folder.write('provision.yaml', { ...toProvision(['six-1']), tenants: [{ id: 'kranj' }] })
  const prefix = confine(folder)
  // Where nobody may be confined, the same is seen of an agent that is free: this line says that it was so.
  isConfined = prefix !== undefined
  if (!isConfined) console.warn(NOT_ALLOWED)
  agent = await AgentProcess.start(folder, {}, [], prefix)
  const { pid } = agent
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  if (isConfined) {
    expect(status).toMatch(new RegExp(`^Uid:\t${CONFINED_USER}\t`, 'm'))
    expect(status).toMatch(/^CapBnd:\t0+$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    expect(readFileSync(`/proc/${pid}/mounts`, 'utf8')).toMatch(/^\S+ \/ \S+ ro,/m)
    expect(readFileSync(`/proc/${pid}/net/dev`, 'utf8')).not.toContain('eth')
  }
  publish(toPayload(1))
  await until('the entity is there', () =>
    fetchInside(`/ngsi-ld/v1/entities/${toEntityId('six-1')}`).includes('"sequence"'),
  )
  expect(fetchInside('/readyz')).toContain('ready')
  expect(agent.logs.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([])
  expect(await agent.stop()).toMatchObject({ code: 0, stderr: '' })
})

/** Returns when it is acknowledged. */
function publish(payload: string): void {
  const { hostname, port } = new URL(agent.mqttUrl)
  const login = ['-h', hostname, '-p', port, '-u', GATEWAY.username, '-P', GATEWAY.password]
  const message = ['-t', 'tromost/six-1/up', '-q', '1', '-m', payload]
  runInNetwork(isConfined ? agent.pid : undefined, [process.execPath, MQTT, 'publish', ...login, ...message])
}

function fetchInside(path: string): string {
  const script = `fetch('${agent.httpUrl}${path}').then(answer => answer.text()).then(console.log)`
  return runInNetwork(isConfined ? agent.pid : undefined, [process.execPath, '-e', script])
}
