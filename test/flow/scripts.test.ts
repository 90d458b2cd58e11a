import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import type { Balance } from '../support/balance.ts'
import { connect, toPayload } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town, toEntityId } from '../support/town.ts'
import { until } from '../support/until.ts'

/** The first byte of a frame names what the script is to do, the second is the running number. Zero does nothing. */
const HOSTILE = `
  var ATTACKS = [
    null,
    function () { while (true) {} },
    function () { var s = 'a'.repeat(2e6); while (true) s.indexOf('b') },
    function () { var kept = []; while (true) kept.push(new Uint8Array(5e5).fill(1)) },
    function again() { return again() + 1 },
    function () { ({})[['__pro', 'to__'].join('')].sequence = 99; [][['__pro', 'to__'].join('')].sequence = 99 },
    function () { process.exit(1) },
    function () { this.constructor.constructor('return process')().exit(1) },
    function () { require('fs').writeFileSync('seized', '') },
    function () { return { data: 'x'.repeat(1e6) } },
    function () { return { data: JSON.parse('{"__proto__": {"sequence": 98}, "sequence": 11}') } },
  ]
  function decodeUplink(input) {
    var attack = ATTACKS[input.bytes[0]]
    var result = attack ? attack() : null
    return result || { data: input.bytes.length > 1 ? { sequence: input.bytes[1] } : {} }
  }`

/** What becomes of each attack; a number is the reading that arrives all the same. */
const FATES: readonly (readonly [attack: number, fate: number | RegExp])[] = [
  [1, /^SCRIPT_LIMIT: .*an answer within 100 ms, got more \(time limit\)$/],
  [2, /^SCRIPT_LIMIT: .*\(time limit\)$/],
  [3, /^SCRIPT_LIMIT: .*\((?:memory|time) limit\)$/],
  [4, /^SCRIPT_LIMIT: .*\(stack limit\)$/],
  [5, 5],
  [6, /^DECODE_FAILED: codec script-villain: ReferenceError: .*process/],
  [7, /^DECODE_FAILED: codec script-villain: (?:ReferenceError|TypeError): /],
  [8, /^DECODE_FAILED: codec script-villain: ReferenceError: .*require/],
  [9, /^SCRIPT_LIMIT: .*\(output limit\)$/],
  [10, 11],
]

const ENDLESS =
  'function decodeUplink(input) { while (input.bytes[0]) {} return { data: { sequence: input.bytes[1] } } }'

/** Keeps its thread busy for a while with each message that is more than a zero. */
const SLOW = `
  function decodeUplink(input) {
    var end = Date.now() + 30
    while (input.bytes[0] && Date.now() < end) {}
    return { data: input.bytes[0] ? { sequence: input.bytes[1] } : {} }
  }`

/** Each test has those that it names for itself alone, and so with the devices without a script. */
const SCRIPTS = {
  ...{ villain: HOSTILE, citizen: SLOW },
  ...{ endless: ENDLESS, neighbour: SLOW },
  ...{ slow: SLOW, quick: SLOW.replace('30', '0') },
  ...{ killed: SLOW, stopped: SLOW },
}

let town: Town
/** What the town had counted and told before the test. */
let before: Balance
let firstLine: number
let faultsBefore: readonly string[]

beforeAll(async () => {
  town = await Town.start({ deviceCount: 6, scripts: SCRIPTS })
})

beforeEach(async () => {
  before = await town.agent.settled(TENANT)
  firstLine = town.agent.logs.length
  faultsBefore = town.broker.faults
})

afterAll(() => town.close())

interface Kept {
  readonly position: number
  readonly code: string
  readonly detail: string
}

async function publish(device: string, payloads: readonly (Buffer | string)[]): Promise<void> {
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  await Promise.all(payloads.map(payload => client.publishAsync(`tromost/${device}/up`, payload, { qos: 1 })))
  await client.endAsync()
}

/** What became of the messages of this test. */
function toSince(after: Balance) {
  const names = ['received', 'delivered', 'quarantined'] as const
  return Object.fromEntries(names.map(name => [name, after[name] - before[name]]))
}

const settle = async () => toSince(await town.agent.settled(TENANT))

/** Those of this test. They are on disk a moment after they are counted. */
async function listQuarantine(count: number): Promise<readonly string[]> {
  let entries: readonly Kept[] = []
  await until(`${count} messages are in quarantine`, async () => {
    const { body } = await town.agent.get('/api/v1/quarantine')
    const { entries: all } = body as { entries: readonly Kept[] }
    entries = all.filter(({ position }) => position >= before.received)
    return entries.length >= count
  })
  return entries.map(({ code, detail }) => `${code}: ${detail}`)
}

async function getResidentBytes(): Promise<number> {
  const { body } = await town.agent.get('/metrics')
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(String(body))?.[1])
}

function frames(first: number, count: number): readonly Buffer[] {
  return Array.from({ length: count }, (_, n) => Buffer.from([1, first + n]))
}

function numbers(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => first + n)
}

test('what a hostile script does ends in quarantine with the limit that it met, and nobody else notices', async () => {
  const bytes = await getResidentBytes()
  for (const [index, [attack]] of FATES.entries()) {
    await publish('six-1', [toPayload(index + 1)])
    await publish('villain', [Buffer.from([attack, attack])])
    await publish('citizen', [Buffer.from([1, index + 1])])
    await publish('six-2', [toPayload(index + 1)])
  }
  const all = numbers(1, FATES.length)
  const others = ['six-1', 'six-2']
  const arrive = () => others.every(device => town.arrivedOf(device).length === all.length)
  await until('the readings of the others arrive', arrive)
  await town.agent.settled(TENANT)
  for (const device of [...others, 'citizen']) expect(town.arrivedOf(device)).toEqual(all)
  const refused = FATES.flatMap(([, fate]) => (typeof fate === 'number' ? [] : [expect.stringMatching(fate)]))
  expect(await listQuarantine(refused.length)).toEqual(refused)
  expect(town.arrivedOf('villain')).toEqual(FATES.map(([, fate]) => fate).filter(Number.isInteger))
  await until('the memory comes back', async () => (await getResidentBytes()) < bytes + 150e6)
  expect(town.broker.faults).toEqual(faultsBefore)
})

test('a script that never ends is soon not run any more, which is said once, and others go on', async () => {
  await publish('endless', frames(1, 30))
  await publish('six-3', numbers(1, 5).map(toPayload))
  await publish('neighbour', frames(1, 5))
  expect(await settle()).toMatchObject({ received: 40, delivered: 10, quarantined: 30 })
  const codes = (await listQuarantine(30)).map(entry => entry.split(':')[0])
  expect(codes).toEqual([...Array(5).fill('SCRIPT_LIMIT'), ...Array(25).fill('SCRIPT_SUSPENDED')])
  expect(town.agent.logs.slice(firstLine).filter(({ profile }) => profile !== undefined)).toEqual([
    expect.objectContaining({
      profile: 'script-endless',
      trouble: expect.stringContaining('not run, because 5 messages in a row'),
      msg: 'a profile is degraded: its codec script meets its limits',
    }),
  ])
})

test('readings of scripts keep their order for each device', async () => {
  await Promise.all([
    publish('slow', frames(1, 20)),
    publish('quick', frames(1, 200)),
    publish('six-4', numbers(1, 200).map(toPayload)),
  ])
  expect(await settle()).toMatchObject({ received: 420, delivered: 420 })
  expect(town.arrivedOf('slow')).toEqual(numbers(1, 20))
  expect(town.arrivedOf('quick')).toEqual(numbers(1, 200))
  expect(town.arrivedOf('six-4')).toEqual(numbers(1, 200))
})

test.each([
  ['is killed', 'killed', 'six-5', () => town.agent.kill9()],
  ['is stopped', 'stopped', 'six-6', async () => expect((await town.agent.stop()).code).toBe(0)],
])(
  'what waits for its script when the agent %s is decoded after the next start',
  async (_, scripted, plain, end) => {
    await publish(scripted, frames(1, 40))
    await publish(plain, [toPayload(1)])
    await until('the reading behind them arrives', () => town.arrivedOf(plain).length === 1)
    expect((await town.agent.getBalance(TENANT)).waiting).toBeGreaterThan(0)
    await end()
    await town.agent.restart()
    expect(await settle()).toMatchObject({ received: 41, delivered: 41, quarantined: 0 })
    expect(town.arrivedOf(scripted)).toEqual(numbers(1, 40))
    expect(town.broker.store.ids).toContain(toEntityId(scripted))
  },
)
