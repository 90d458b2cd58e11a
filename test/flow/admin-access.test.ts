import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { type Ran, runTromost } from '../commands/run-tromost.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { AgentProcess } from '../support/agent-process.ts'

const PLANTED = { password: 'planted-password-7f3a', apikey: 'planted-apikey-91c2' }
/** Nobody listens there: an issuer that is down. */
const ISSUER = 'http://127.0.0.1:9/realms/kranj'

let folder: AgentFolder
let agent: AgentProcess
/** All that must not be found anywhere. */
const secrets: string[] = Object.values(PLANTED)

beforeAll(async () => {
  folder = new AgentFolder()
  folder.write('provision.yaml', {
    tenants: [{ id: 'kranj', groups: [{ apikey: PLANTED.apikey, profile: 'test-six' }] }, { id: 'bled' }],
    credentials: [{ tenant: 'kranj', username: 'gateway', password: PLANTED.password, publish: ['#'] }],
  })
  const oidc = { issuer: ISSUER, audience: 'tromost', roles: [{ group: 'admins', role: 'admin' }] }
  agent = await AgentProcess.start(folder, {
    http: { port: 0, oidc },
    destinations: [{ id: 'main', dialect: 'preview' }],
  })
}, 60_000)

afterAll(async () => {
  await agent.kill9()
  folder.remove()
})

function run(...args: string[]): Promise<Ran> {
  return runTromost([...args, '--url', agent.httpUrl, '--token', agent.token])
}

async function ask(path: string, token: string, init: RequestInit = {}): Promise<number> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  return (await fetch(`${agent.httpUrl}${path}`, { ...init, headers })).status
}

test('an issuer that is down keeps the agent neither from starting nor from taking its own tokens', async () => {
  expect(agent.logs).toContainEqual(
    expect.objectContaining({ issuer: ISSUER, reason: expect.stringMatching(/ECONNREFUSED/) }),
  )
  expect(await ask('/api/v1/tokens', agent.token)).toBe(200)
  expect(await ask('/api/v1/tokens', 'eyJh.eyJz.c2ln')).toBe(503)
})

test('a token is made, listed, rotated and revoked on the command line', async () => {
  const made = await run('token', 'create', 'grafana', '--role', 'viewer', '--tenant', 'kranj')
  const secret = made.stdout.trim()
  secrets.push(secret)
  expect([made.code, secret]).toEqual([0, expect.stringMatching(/^tromost_[0-9A-Z]{26}$/)])
  const { stdout } = await run('token', 'list')
  const [id = ''] = /^\S+(?= {2}grafana)/m.exec(stdout) ?? []
  expect(stdout).toMatch(/^\S+ {2}grafana {2}viewer of kranj, never used$/m)
  expect([await ask('/api/v1/status', secret), await ask('/api/v1/tokens', secret)]).toEqual([200, 403])

  const rotated = await run('token', 'rotate', id, '--grace', '0ms')
  const next = rotated.stdout.trim()
  secrets.push(next)
  expect([await ask('/api/v1/status', secret), await ask('/api/v1/status', next)]).toEqual([401, 200])

  expect(await run('token', 'revoke', id)).toMatchObject({ code: 0, stdout: `${id} is revoked\n` })
  expect(await ask('/api/v1/status', next)).toBe(401)
  expect(await run('token', 'revoke', id)).toMatchObject({
    code: 1,
    stderr: 'TOKEN_UNKNOWN: There is no token with this id.\n',
  })
  expect(await run('token', 'create', 'x', '--role', 'root')).toMatchObject({ code: 2 })
})

test('tokens survive that the agent dies, and what was revoked does not', async () => {
  const made = JSON.parse((await run('token', 'create', 'night', '--role', 'operator', '--json')).stdout)
  secrets.push(made.token)
  const before = agent.token
  await agent.kill9()
  await agent.restart()
  expect(agent.token).toBe(before)
  expect([await ask('/api/v1/status', made.token), await ask('/api/v1/tokens', before)]).toEqual([200, 200])
  expect(agent.logs.filter(line => 'token' in line)).toHaveLength(1)
})

test('the audit log says who did it, and proves that it is as it was written', async () => {
  await ask('/api/v1/quarantine/discard', agent.token, { method: 'POST', body: '{"tenant":"kranj"}' })
  const { stdout } = await run('audit', '--since', '1h')
  const lines = stdout.trimEnd().split('\n').reverse()
  const words = lines.map(line => line.split('  ').slice(1).join(' ').replace(/ \S+$/, ''))
  expect(words.filter(line => !/ (?:tenant|credential|destination|device)\b/.test(line))).toEqual([
    'agent (this machine) create token',
    'token:setup (127.0.0.1) create token',
    'token:setup (127.0.0.1) rotate token',
    'token:setup (127.0.0.1) revoke token',
    'token:setup (127.0.0.1) create token',
    'token:setup (127.0.0.1) discard lane kranj/main:',
  ])
  expect(await run('audit', '--verify')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+ records, 0 breaks; record \d+ has the hash [0-9a-f]{64}\n$/),
  })

  const exported = (await run('audit', '--export')).stdout
  const file = join(folder.path, 'audit.jsonl')
  writeFileSync(file, exported)
  expect(await run('audit', '--verify', '--file', file)).toMatchObject({ code: 0 })
  writeFileSync(file, exported.replace('"rotate"', '"revoke"'))
  expect(await run('audit', '--verify', '--file', file)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^record \d+ was changed\n$/),
  })
})

test('no secret is in the log, in an answer, in the audit log or in the data folder', async () => {
  const paths = ['status', 'tokens', 'audit', 'audit/export', 'balance', 'lanes', 'quarantine']
  const headers = { Authorization: `Bearer ${agent.token}` }
  const answers = await Promise.all(
    paths.map(async path => (await fetch(`${agent.httpUrl}/api/v1/${path}`, { headers })).text()),
  )
  const data = listFiles(join(folder.path, 'data')).map(file => readFileSync(file, 'latin1'))
  // Those of the data folder are found where they are: the name of a token is no secret.
  expect(data.some(text => text.includes('grafana'))).toBe(true)
  const everywhere = [JSON.stringify(agent.logs), ...answers, ...data]
  for (const secret of secrets) expect(everywhere.filter(text => text.includes(secret))).toEqual([])
  // The setup token is shown once, by the log.
  const found = everywhere.filter(text => text.includes(agent.token))
  expect(found).toEqual([JSON.stringify(agent.logs)])
})

test('what lies in the data folder is for the user of the agent alone', () => {
  const path = join(folder.path, 'data')
  const names = ['.', ...readdirSync(path, { recursive: true, encoding: 'utf8' })]
  expect(names).toEqual(expect.arrayContaining(['secret.key', 'format', join('journal', 'data.mdb')]))
  const open = names.filter(name => (statSync(join(path, name)).mode & 0o077) !== 0)
  expect(open).toEqual([])
})

test('who guesses is locked after ten failures, and the lock is in the audit log', async () => {
  const guesses: number[] = []
  const guess = () => ask('/api/v1/status', 'tromost_WRONG')
  guesses.push(...(await Promise.all(Array.from({ length: 12 }, guess))))
  expect(guesses.filter(status => status === 401)).toHaveLength(10)
  const response = await fetch(`${agent.httpUrl}/api/v1/audit`, {
    headers: { Authorization: `Bearer ${agent.token}` },
  })
  expect([response.status, Number(response.headers.get('retry-after')) > 280]).toEqual([429, true])
  // A restart forgets locks, and the audit log does not.
  await agent.stop()
  await agent.restart()
  expect((await run('audit', '--kind', 'login')).stdout).toMatch(/ lock login 127\.0\.0\.1: locked\n$/)
}, 60_000)

function listFiles(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map(name => join(path, name))
    .filter(file => statSync(file).isFile())
}
