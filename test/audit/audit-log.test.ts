import { beforeEach, describe, expect, test } from '@jest/globals'
import { AuditLog } from '../../src/audit/audit-log.ts'
import type { AuditEvent, AuditRecord } from '../../src/audit/audit-record.ts'
import { ChainCheck } from '../../src/audit/chain-check.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

const START = Date.parse('2026-01-15T09:00:00Z')
const MAYOR = { name: 'token:mayor', role: 'admin', tenant: 'kranj', from: '192.0.2.2' } as const
const AGENT = { name: 'token:setup', role: 'admin', from: '192.0.2.1' } as const

let engine: MemoryEngine
let now: number
let audit: AuditLog

beforeEach(async () => {
  engine = new MemoryEngine()
  now = START
  audit = await AuditLog.open(engine, () => now)
})

function device(id: string, change: Partial<AuditEvent> = {}): AuditEvent {
  return { actor: MAYOR, action: 'create', place: { kind: 'device', tenant: 'kranj', id }, ...change }
}

async function readAll(log = audit): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = []
  for await (const record of log.read()) records.push(record)
  return records
}

async function find(filter: Parameters<AuditLog['list']>[0]): Promise<readonly string[]> {
  return (await audit.list(filter, { limit: 100 })).records.map(({ place }) => place.id)
}

describe('a record', () => {
  test('says who did what to which thing, when, from where, and what came of it', async () => {
    await audit.record(device('six-1', { action: 'update', before: { floor: 1 }, after: { floor: 2 } }))
    expect(await readAll()).toEqual([
      {
        number: 1,
        at: '2026-01-15T09:00:00.000Z',
        actor: { name: 'token:mayor', role: 'admin', tenant: 'kranj' },
        from: '192.0.2.2',
        action: 'update',
        place: { kind: 'device', tenant: 'kranj', id: 'six-1' },
        before: { floor: 1 },
        after: { floor: 2 },
        outcome: 'done',
        previous: '',
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ])
  })

  test('holds no secret', async () => {
    const after = {
      password: 'planted-1',
      auth: { kind: 'header', name: 'X-Key', value: 'planted-2' },
      oauth: { clientSecret: 'planted-3', tokenUrl: 'https://keyrock.example/token' },
      bridges: [{ url: 'mqtts://user:planted-4@broker.example' }],
      apikey: 'planted-5',
      secrets: [{ one: 'planted-6' }],
    }
    await audit.record(device('six-1', { before: after, after }))
    const [entry] = await engine.range('audit', { within: ['log'], from: ['log'], limit: 1 })
    expect(entry?.value.toString()).not.toContain('planted')
    const [record] = await readAll()
    expect(record?.after).toEqual({
      password: '***',
      auth: { kind: 'header', name: 'X-Key', value: '***' },
      oauth: { clientSecret: '***', tokenUrl: 'https://keyrock.example/token' },
      bridges: [{ url: 'mqtts://***@broker.example' }],
      apikey: '***',
      secrets: [{ one: '***' }],
    })
  })

  test('of something very large has its size and hash in its place', async () => {
    await audit.record(device('six-1', { after: { script: 'x'.repeat(70_000) } }))
    expect((await readAll())[0]?.after).toEqual({
      omitted: '70013 characters',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })
})

describe('a commit', () => {
  test('keeps the change and its record, or neither', async () => {
    const change = { table: 'access' as const, key: ['x'], value: Buffer.from('y') }
    engine.fail(new Error('disk'))
    await expect(audit.commit([device('six-1')], [change])).rejects.toThrow('disk')
    engine.fail()
    expect([await engine.get('access', ['x']), await readAll()]).toEqual([undefined, []])
    const { commits } = engine
    await audit.commit([device('six-2')], [change])
    expect(engine.commits).toBe(commits + 1)
    expect((await engine.get('access', ['x']))?.toString()).toBe('y')
    expect(await readAll()).toMatchObject([{ number: 1, place: { id: 'six-2' } }])
  })

  test('that fails among others leaves no gap in the chain', async () => {
    engine.failAfter(1)
    const outcomes = await Promise.allSettled([1, 2, 3].map(at => audit.record(device(`six-${at}`))))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    engine.failAfter(9)
    await audit.record(device('six-4'))
    expect(await readAll()).toMatchObject([{ number: 1 }, { number: 2, place: { id: 'six-4' } }])
    expect(findBreaks(await readAll())).toEqual([])
  })

  test('with many records is one', async () => {
    await audit.commit(Array.from({ length: 700 }, (_, at) => device(`six-${at}`)))
    expect([engine.commits, audit.head.number]).toEqual([1, 700])
    expect(findBreaks(await readAll())).toEqual([])
  })
})

describe('the chain', () => {
  beforeEach(async () => {
    await audit.record(device('six-1'))
    audit = await AuditLog.open(engine, () => now)
    await audit.commit([device('six-2'), device('six-3')])
    await audit.record(device('six-4'))
  })

  test('goes on after a restart', async () => {
    expect((await readAll()).map(({ number }) => number)).toEqual([1, 2, 3, 4])
    expect(findBreaks(await readAll())).toEqual([])
    expect(audit.head.hash).toBe((await readAll())[3]?.hash)
  })

  test('shows that a record was changed', async () => {
    engine.corrupt('audit', ['log', 2], value => Buffer.from(value.toString().replace('six-2', 'six-9')))
    expect(findBreaks(await readAll())).toEqual(['record 2 was changed'])
  })

  test('shows that a record was changed together with its hash', async () => {
    const [first, second, ...others] = await readAll()
    const forged = { ...second, ...first, number: 2, place: { kind: 'device', id: 'six-9' } }
    expect(findBreaks([first, forged, ...others] as AuditRecord[])).not.toEqual([])
  })

  test('shows that a record is missing, in the middle or at its beginning', async () => {
    const [first, _second, third, fourth] = await readAll()
    expect(findBreaks([first, third, fourth] as AuditRecord[])).toEqual(['expected record 2, got 3'])
    expect(findBreaks([third, fourth] as AuditRecord[])).toEqual(['expected record 1, got 3'])
    const moved = { ...third, number: 1 } as AuditRecord
    expect(findBreaks([moved])).toEqual(['record 1 was changed'])
  })

  test('of a part holds only neighbours against each other', async () => {
    const [first, _second, third, fourth] = await readAll()
    expect(findBreaks([first, third, fourth] as AuditRecord[], false)).toEqual([])
    const forged = { ...fourth, hash: third?.hash } as AuditRecord
    expect(findBreaks([third, forged] as AuditRecord[], false)).toEqual(['record 4 was changed'])
  })

  test('shows that two records have changed places', async () => {
    const [first, second, third, fourth] = await readAll()
    expect(findBreaks([first, third, second, fourth] as AuditRecord[])[0]).toBe('expected record 2, got 3')
  })
})

describe('the list', () => {
  beforeEach(async () => {
    await audit.record(device('six-1'))
    now += 60_000
    await audit.record(device('six-2', { actor: AGENT, action: 'remove' }))
    now += 60_000
    await audit.record({ actor: AGENT, action: 'create', place: { kind: 'tenant', id: 'bled' } })
    await audit.record({ actor: AGENT, action: 'create', place: { kind: 'destination', id: 'main' } })
    await audit.record({ ...device('tok'), place: { kind: 'token', tenant: 'bled', id: 'tok' } })
  })

  test('is newest first, and filtered by tenant, actor, kind, action and time', async () => {
    expect(await find({})).toEqual(['tok', 'main', 'bled', 'six-2', 'six-1'])
    expect(await find({ tenant: 'bled' })).toEqual(['tok', 'bled'])
    expect(await find({ actor: 'token:mayor' })).toEqual(['tok', 'six-1'])
    expect(await find({ kind: 'device' })).toEqual(['six-2', 'six-1'])
    expect(await find({ action: 'remove' })).toEqual(['six-2'])
    expect(await find({ since: START + 60_000, until: START + 120_000 })).toEqual(['six-2'])
    expect(await find({ tenant: 'koper' })).toEqual([])
  })

  test('comes in pages', async () => {
    const first = await audit.list({}, { limit: 2 })
    expect([first.records.map(({ number }) => number), first.next]).toEqual([[5, 4], 4])
    const second = await audit.list({}, { limit: 2, before: 4 })
    expect([second.records.map(({ number }) => number), second.next]).toEqual([[3, 2], 2])
    const third = await audit.list({}, { limit: 2, before: 2 })
    expect([third.records.map(({ number }) => number), third.next]).toEqual([[1], undefined])
  })

  test('stops looking in the past when all that comes is older', async () => {
    now += 3 * 86_400_000
    await audit.record(device('six-3'))
    expect(await audit.list({ since: now }, { limit: 5 })).toMatchObject({ records: [{ number: 6 }] })
  })

  test('finds what was written while the clock was an hour behind', async () => {
    const since = now
    now -= 3_600_000
    await audit.record(device('behind'))
    expect(await find({ since })).toEqual(['tok', 'main', 'bled'])
  })

  test('looks at so many records at once, and says where it goes on', async () => {
    await audit.commit(Array.from({ length: 5_100 }, (_, at) => device(`many-${at}`)))
    const page = await audit.list({ kind: 'tenant' }, { limit: 5 })
    expect(page).toEqual({ records: [], next: 106 })
    expect(await audit.list({ kind: 'tenant' }, { limit: 5, before: 106 })).toMatchObject({
      records: [{ place: { id: 'bled' } }],
    })
  })
})

function findBreaks(records: readonly AuditRecord[], isWhole = true): readonly string[] {
  const check = new ChainCheck({ isWhole })
  const faults = records.flatMap(record => check.take(record) ?? [])
  expect([check.records, check.breaks]).toEqual([records.length, faults.length])
  return faults
}
