import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'

const LOG = join(import.meta.dirname, '../../dist/commands/log.js')
/** What would end a line, steer a terminal, or end a string of JSON. */
const HOSTILE = 'a\r\nlevel=fatal\u001b[2J\u001b]0;x\u0007","level":"fatal"}\n{"msg":"forged"}'
const CONTROL = /\p{Cc}/u

let town: Town
let admin: AdminClient

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
})

afterAll(() => town.close())

describe('T72: what comes from outside stays within its field of the log', () => {
  test('of logins, topics, payloads and requests', async () => {
    const url = town.agent.mqttUrl
    await expect(connect({ url, username: HOSTILE, password: HOSTILE })).rejects.toThrow()
    await expect(connect({ url, ...GATEWAY, password: 'x', clientId: HOSTILE })).rejects.toThrow()
    const client = await connect({ url, ...GATEWAY })
    for (const payload of [HOSTILE, JSON.stringify({ sequence: HOSTILE }), `{"${HOSTILE}`]) {
      await client.publishAsync('tromost/six-1/up', payload, { qos: 1 })
    }
    await client.endAsync()
    const escaped = encodeURIComponent(HOSTILE)
    await admin.ask('GET', `/api/v1/devices/${TENANT}/${escaped}?${escaped}=${escaped}`)
    await admin.as('tromost_%0d%0aforged').ask('GET', `/api/v1/${escaped}`)
    await admin.ask('POST', '/api/v1/tokens', { body: { name: HOSTILE, role: 'viewer' } })
    await admin.ask('POST', '/api/v1/devices', { body: { tenant: TENANT, id: HOSTILE, profile: HOSTILE } })
    await town.agent.settled(TENANT)
    // A line that is no JSON would be here as a text without a level.
    expect(town.agent.logs.filter(({ level }) => level === undefined)).toEqual([])
    expect(town.agent.logs.filter(({ level, msg }) => level === 'fatal' || msg === 'forged')).toEqual([])
    expect(town.agent.logs.some(({ code }) => code === 'DECODE_FAILED')).toBe(true)
  })

  test.each(['json', 'pretty'])('is one line without a control character, as %s', format => {
    const source = `
      import { createLog } from ${JSON.stringify(LOG)}
      createLog({ level: 'info', format: '${format}' }).warn({ detail: ${JSON.stringify(HOSTILE)}, msg: 'told' })`
    const args = ['--input-type=module', '--eval', source]
    const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).trimEnd().split('\n')
    expect(lines).toHaveLength(1)
    expect(lines.filter(line => CONTROL.test(line))).toEqual([])
  })
})
