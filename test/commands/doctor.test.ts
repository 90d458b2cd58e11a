import { readdirSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { judgeClock } from '../../src/commands/doctor-brokers.ts'
import { judgeFlush } from '../../src/commands/doctor-machine.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { StubBroker } from '../support/stub-broker.ts'
import { toDestination, toProvision } from '../support/town.ts'
import { ensureBuilt, runTromost } from './run-tromost.ts'

let folder: AgentFolder
let broker: StubBroker
let stranger: Server
let taken = 0

beforeAll(async () => {
  ensureBuilt()
  folder = new AgentFolder()
  folder.write('provision.yaml', toProvision(['six-1']))
  broker = await StubBroker.start()
  stranger = createServer()
  taken = Number(new URL(await listen(stranger)).port)
})

afterAll(async () => {
  stranger.close()
  await broker.goDown()
  folder.remove()
})

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

async function doctor(config: Readonly<Record<string, unknown>>) {
  folder.writeConfig({
    journal: { maxBytes: '16MiB', diskReserve: '1MiB' },
    quarantine: { maxBytes: '1MiB' },
    ...config,
  })
  const { code, stdout } = await runTromost(['doctor', '--config', 'tromost.yaml', '--json'], {
    cwd: folder.path,
  })
  const { diagnoses } = JSON.parse(stdout) as {
    readonly diagnoses: readonly { readonly subject: string; readonly state: string }[]
  }
  return { code, diagnoses }
}

test('where all is well, each thing is told and nothing is left behind', async () => {
  const destination = toDestination(broker.url)
  const found = (text: string) => expect.stringContaining(text)
  const before = readdirSync(folder.path)
  expect(await doctor({ destinations: [destination] })).toEqual({
    code: 0,
    diagnoses: [
      { subject: 'configuration', state: 'ok', found: 'no faults' },
      { subject: 'disk of data', state: 'ok', found: found('MiB free') },
      expect.objectContaining({ subject: 'disk of data', found: found('a flush takes') }),
      { subject: 'port 127.0.0.1:0 for mqtt (tcp)', state: 'ok', found: 'free' },
      { subject: 'port 127.0.0.1:0 for mqtt (ws)', state: 'ok', found: 'free' },
      { subject: 'port 127.0.0.1:0 for http', state: 'ok', found: 'free' },
      { subject: 'destination main', state: 'ok', found: found(broker.url) },
      { subject: 'clock', state: 'ok', found: 'agrees with that of destination main' },
    ],
  })
  expect(readdirSync(folder.path)).toEqual([...before, 'tromost.yaml'].toSorted())
})

test('a port that is taken, a broker that is away and a disk that is too small are told, each with its remedy', async () => {
  const away = toDestination('http://127.0.0.1:9')
  const small = { maxBytes: '900TiB' }
  const { code, diagnoses } = await doctor({ destinations: [away], http: { port: taken }, journal: small })
  expect(code).toBe(1)
  expect(diagnoses.filter(({ state }) => state !== 'ok')).toEqual([
    {
      ...{ subject: 'disk of data', state: 'warning', found: expect.stringContaining('MiB free') },
      remedy: expect.stringMatching(/^make room, or lower journal.maxBytes .* 943718\d{3} MiB more$/),
    },
    {
      ...{ subject: `port 127.0.0.1:${taken} for http`, state: 'fault' },
      found: expect.stringContaining('EADDRINUSE'),
      remedy: 'end the program that has it, or choose another port',
    },
    {
      ...{ subject: 'destination main', state: 'fault' },
      found: 'http://127.0.0.1:9: connect ECONNREFUSED 127.0.0.1:9',
      remedy: 'see that it runs and that url is right; readings wait in the journal meanwhile',
    },
  ])
})

test('a broker that refuses the login is a fault, in lines for people', async () => {
  const guarded = createHttpServer((_request, response) => response.writeHead(401).end())
  const url = await listen(guarded)
  folder.writeConfig({ destinations: [toDestination(url)] })
  const { code, stdout } = await runTromost(['doctor', '--config', 'tromost.yaml'], { cwd: folder.path })
  guarded.close()
  expect(code).toBe(1)
  const remedy = '         → correct auth of the destination: docs/broker-login.md'
  expect(stdout).toContain(`fault    destination main: ${url}: it refuses the login with 401\n${remedy}\n`)
})

test('a broker whose clock is years away is a warning, and so is one that does not fit its dialect', async () => {
  const orion = createHttpServer(({ url }, response) => {
    response.setHeader('Date', 'Thu, 01 Jan 2026 00:00:00 GMT')
    const version = url === '/version' ? { 'orionld version': '1.10.0' } : []
    response.end(JSON.stringify(version))
  })
  const url = await listen(orion)
  const { code, diagnoses } = await doctor({ destinations: [{ ...toDestination(url), dialect: 'stellio' }] })
  orion.close()
  expect(code).toBe(0)
  expect(diagnoses.slice(-3)).toEqual([
    { subject: 'destination main', state: 'ok', found: `${url}: Orion-LD 1.10.0` },
    {
      ...{ subject: 'destination main', state: 'warning' },
      found: 'expected dialect: orion-ld for Orion-LD, got stellio',
      remedy: 'docs/brokers.md says what fits',
    },
    {
      ...{ subject: 'clock', state: 'warning' },
      found: expect.stringMatching(/^\d+ s ahead of that of destination main$/),
      remedy: 'let NTP set the clocks: times of readings without one of their own come from it',
    },
  ])
})

test('faults of the configuration come first, and nothing else is looked at', async () => {
  expect(await doctor({ http: { port: -1 } })).toEqual({
    code: 1,
    diagnoses: [
      {
        ...{ subject: 'configuration', state: 'fault' },
        found: expect.stringContaining('tromost.yaml: http.port: expected at least 0, got -1'),
        remedy: 'correct what the line names; the agent does not start before',
      },
    ],
  })
})

describe('what is judged', () => {
  test('a flush of 50 ms is fast enough, a slower one is a warning', () => {
    expect(judgeFlush(50)).toEqual({ state: 'ok', found: 'a flush takes 50.0 ms' })
    expect(judgeFlush(50.1)).toMatchObject({ state: 'warning', found: 'a flush takes 50.1 ms' })
  })

  test('clocks agree within five seconds', () => {
    expect(judgeClock(-5_000, 'x')).toEqual({ state: 'ok', found: 'agrees with that of x' })
    expect(judgeClock(61_000, 'x')).toMatchObject({ state: 'warning', found: '61 s ahead of that of x' })
    expect(judgeClock(-6_000, 'x')).toMatchObject({ state: 'warning', found: '6 s behind that of x' })
  })
})
