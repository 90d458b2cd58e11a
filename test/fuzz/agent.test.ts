import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { FrontDoor, INSIDER } from '../adversary/front-door.ts'
import { AdminClient } from '../support/admin-client.ts'
import { listOperations, type Operation, toPath } from '../support/api-operations.ts'
import { readMemoryMiB } from '../support/memory.ts'
import { fuzz, TIMEOUT_MS } from './fuzz.ts'
import { spoilText, spoilValue } from './mutations.ts'
import type { Random } from './random.ts'
import { spoilStream } from './streams.ts'

const TOGETHER = 20
const MEMORY_MIB_MAX = 200
/** What is a change of ourselves, or waits for others. */
const LEFT_OUT = /^\/api\/v1\/(?:tokens|forget|messages\/tail|transfer)|\/(?:password|tail|archive|forget)$/
const BODIES: readonly unknown[] = [
  { id: 'fuzz', name: { en: 'Fuzz', sl: 'Fuzz' }, destinations: ['main'], unknownDevices: 'hold' },
  { tenant: 'kranj', id: 'fuzz', profile: 'test-six', location: [14.35, 46.23], attributes: { floor: 2 } },
  {
    tenant: 'kranj',
    username: 'fuzz',
    password: 'a-long-password',
    publish: ['fuzz/#'],
    subscribe: ['fuzz/+'],
  },
  { id: 'fuzz', dialect: 'ngsi-ld', url: 'http://127.0.0.1:1', context: 'none', batch: { maxEntities: 10 } },
  { profile: 'id: fuzz\nvendor: X\ndecode: { json: {} }\nentities: []\n', samples: [] },
  { payload: { json: { sequence: 1 } }, topic: 'tromost/six-1/up', device: 'six-1', tenant: 'kranj' },
  { ids: ['1', '2'], positions: [1, 2], tenant: 'kranj', destination: 'main', from: '2026-01-15T09:00:00Z' },
  [{ op: 'replace', path: '/name', value: 'x' }],
]
const SHEET = 'DevEUI;id;Naziv;profil\r\n;fuzz-1;Merilnik;test-six\r\n;fuzz-2;Merilnik;test-six\r\n'

let door: FrontDoor
let admin: AdminClient
let operations: readonly Operation[]

beforeAll(async () => {
  door = await FrontDoor.start()
  admin = new AdminClient(door.town.agent.httpUrl, door.town.agent.token)
  operations = (await listOperations(admin)).filter(
    ({ path, method }) => method !== 'DELETE' && !LEFT_OUT.test(path),
  )
})

afterAll(() => door.close())

/** The process is the same, says nothing that it should not, and serves whoever does nothing wrong. */
async function expectHealth(memoryMiB: number): Promise<void> {
  await door.serve()
  const { agent } = door.town
  const told = agent.logs.find(
    ({ level, msg }) => level === 'error' || level === 'fatal' || msg === 'a job failed',
  )
  if (told !== undefined) throw new Error(JSON.stringify(told))
  const grown = readMemoryMiB(agent.pid) - memoryMiB
  if (grown > MEMORY_MIB_MAX) throw new Error(`expected ${MEMORY_MIB_MAX} MiB more at most, got ${grown}`)
}

test(
  'whatever bytes clients send to a running agent, it serves whoever does nothing wrong',
  async () => {
    const memory = readMemoryMiB(door.town.agent.pid)
    const rounds = await fuzz({
      ...{ share: 0.1, rounds: 10 },
      make: random => Array.from({ length: TOGETHER }, () => spoilStream(random, INSIDER, 'kranj/fuzz')),
      hold: async streams => {
        const clients = await Promise.all(streams.map(() => door.open()))
        for (const [at, client] of clients.entries()) client.send(streams[at] ?? Buffer.alloc(0))
        await expectHealth(memory)
        door.leave()
      },
      show: streams => streams.map(stream => stream.toString('hex')).join('\n'),
    })
    expect(rounds).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)

/** Of most routes. */
const BODY_BYTES_MAX = 1024 * 1024

interface Request {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly type: string
}

function makeRequest(random: Random): Request {
  const operation = random.pick(operations)
  const places = {
    tenant: random.pick(['kranj', 'bled', 'fuzz']),
    id: random.pick(['fuzz', 'six-1', 'main', '1']),
    destination: 'main',
  }
  const query = operation.query
    .filter(() => random.chance(0.2))
    .map(name => `${name}=${encodeURIComponent(spoilText('kranj', random))}`)
  const path = random.chance(0.05) ? spoilText(toPath(operation, places), random) : toPath(operation, places)
  const type = random.pick([...operation.bodies, 'application/json'])
  return {
    method: operation.method,
    path: toAscii(`${path}?${query.join('&')}`),
    type,
    body: makeBody(type, random),
  }
}

function makeBody(type: string, random: Random): string {
  if (/csv/.test(type)) return spoilText(SHEET, random)
  const text = JSON.stringify(spoilValue(random.pick(BODIES), random)) ?? ''
  return random.chance(0.1) ? spoilText(text, random) : text
}

/** What an address may hold; everything else is for the client, not for the agent, to refuse. */
function toAscii(path: string): string {
  const whole = Buffer.from(path).toString()
  return `/${whole.replaceAll(/[^!-~]/gu, encodeURIComponent).replace(/^\/+/, '')}`
}

test(
  'whatever an administrator’s program sends, it is answered or refused with a reason, and nothing breaks',
  async () => {
    const memory = readMemoryMiB(door.town.agent.pid)
    const rounds = await fuzz({
      ...{ share: 0.1, rounds: 200 },
      make: makeRequest,
      hold: async ({ method, path, type, body }) => {
        const isWithBody = method !== 'GET'
        const answer = await admin
          .ask(method, path, {
            headers: { 'Content-Type': type, 'If-Match': '*' },
            ...(isWithBody && { body }),
          })
          .catch((error: unknown) => {
            // Refused and cut off while it was still being sent.
            if (isWithBody && Buffer.byteLength(body) > BODY_BYTES_MAX) return undefined
            throw error
          })
        if (answer === undefined) return
        if (answer.status >= 500) throw new Error(`${answer.status} ${answer.text}`)
        // A head that is too large is refused before any of it is understood.
        if (answer.status === 431) return
        if (answer.status >= 400 && answer.body['code'] === undefined && answer.body['type'] === undefined) {
          throw new Error(`a refusal without a reason: ${answer.status} ${answer.text}`)
        }
      },
      show: request => JSON.stringify(request),
    })
    await expectHealth(memory)
    expect(rounds).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)
