import { beforeEach, describe, expect, test } from '@jest/globals'
import { Admission } from '../../../src/ingest/limits/admission.ts'
import { createLimits, toCredential } from '../test-ingest.ts'

const HOME = '192.0.2.7'
const GATEWAY = toCredential({ username: 'gateway' })
const OTHER = toCredential({ username: 'other' })
const DEVICE = toCredential({ username: 'six', device: 'six' })
/** As many of a kind as are remembered. */
const REMEMBERED_MAX = 50_000
const BAN_MS = 300_000

let now: number
let admission: Admission

beforeEach(() => {
  now = 0
  admission = create({})
})

function create(limits: Parameters<typeof createLimits>[0]): Admission {
  const bounds = { failedLogins: 3, reconnects: 2, banTime: BAN_MS, connectionsPerDevice: 1 }
  return new Admission(createLimits({ ...bounds, ...limits }), () => now)
}

/** What becomes of so many logins of one client. */
function visit(clientId: string, count: number, credential = GATEWAY): readonly unknown[] {
  return Array.from({ length: count }, () => admission.findObstacle(credential, clientId) ?? 'in')
}

describe('a ban', () => {
  test('of a credential is for all its clients and no others, and ends', () => {
    admission.ban(GATEWAY, 'RATE_EXCEEDED')
    expect([visit('a', 1), visit('b', 1), visit('a', 1, OTHER)]).toEqual([
      ...[['RATE_EXCEEDED'], ['RATE_EXCEEDED'], ['in']],
    ])
    now = BAN_MS - 1
    expect(visit('c', 1)).toEqual(['RATE_EXCEEDED'])
    now = BAN_MS
    expect(visit('c', 1)).toEqual(['in'])
  })

  test('of a client is for that client of that credential, and ends', () => {
    expect(visit('a', 4)).toEqual(['in', 'in', 'CLIENT_FLAPPING', 'CLIENT_FLAPPING'])
    expect([visit('b', 1), visit('a', 1, OTHER)]).toEqual([['in'], ['in']])
    now = BAN_MS
    expect(visit('a', 3)).toEqual(['in', 'in', 'CLIENT_FLAPPING'])
  })

  test('of a credential holds, however many clients of another one are banned', () => {
    admission = create({ reconnects: 1 })
    admission.ban(GATEWAY, 'RATE_EXCEEDED')
    for (let at = 0; at <= REMEMBERED_MAX; at += 1) visit(`client-${at}`, 2, OTHER)
    expect(visit('a', 1)).toEqual(['RATE_EXCEEDED'])
  })

  test('of a client makes room only when as many others as are remembered came after it', () => {
    admission = create({ reconnects: 1 })
    visit('first', 2)
    visit('second', 2)
    for (let at = 2; at < REMEMBERED_MAX; at += 1) visit(`client-${at}`, 2)
    expect([visit('first', 1), visit('second', 1)]).toEqual([['CLIENT_FLAPPING'], ['CLIENT_FLAPPING']])
    visit('one more', 2)
    expect([visit('first', 1), visit('second', 1)]).toEqual([['in'], ['CLIENT_FLAPPING']])
  })
})

describe('logins of a client', () => {
  test('count for five minutes', () => {
    visit('a', 2)
    now = 300_000
    expect(visit('a', 3)).toEqual(['in', 'in', 'CLIENT_FLAPPING'])
  })

  test('are not forgotten because many others came meanwhile', () => {
    for (const clientId of ['first', 'second']) visit(clientId, 2)
    for (let at = 1; at < REMEMBERED_MAX; at += 1) visit(`client-${at}`, 1)
    expect([visit('second', 1), visit('first', 1)]).toEqual([['CLIENT_FLAPPING'], ['in']])
  })

  test('are as many as they like where reconnects is 0', () => {
    admission = create({ reconnects: 0 })
    expect(new Set(visit('a', 1_000))).toEqual(new Set(['in']))
  })
})

describe('an address', () => {
  test('that fails too often is locked, but for those who have logged in from there', () => {
    admission.open(GATEWAY, HOME)
    for (let at = 0; at < 3; at += 1) admission.fail(HOME, `guess-${at}`)
    expect([admission.isLocked(HOME, 'other'), admission.isLocked(HOME, 'gateway')]).toEqual([true, false])
    expect(admission.isLocked('192.0.2.8', 'other')).toBe(false)
    now = BAN_MS
    expect(admission.isLocked(HOME, 'other')).toBe(false)
  })

  test('is locked for those as well whose own user name was guessed at', () => {
    admission.open(GATEWAY, HOME)
    for (let at = 0; at < 3; at += 1) admission.fail(HOME, 'gateway')
    expect(admission.isLocked(HOME, 'gateway')).toBe(true)
  })

  test('is answered ever later', () => {
    expect([1, 2, 3].map(() => admission.fail(HOME, 'x'))).toEqual([100, 200, 400])
  })

  test('knows who has logged in from there, but for who did so longest ago of very many', () => {
    for (const login of [OTHER, GATEWAY]) admission.open(login, HOME)
    for (let at = 1; at < REMEMBERED_MAX; at += 1) admission.open(toCredential({ username: `u${at}` }), HOME)
    for (let at = 0; at < 3; at += 1) admission.fail(HOME, 'x')
    expect([admission.isLocked(HOME, 'gateway'), admission.isLocked(HOME, 'other')]).toEqual([false, true])
  })
})

test('connections of a device are so many, until one is released', () => {
  admission.open(DEVICE, HOME)
  expect(admission.findObstacle(DEVICE, 'a')).toBe('CREDENTIAL_FULL')
  admission.release(DEVICE)
  expect(admission.findObstacle(DEVICE, 'a')).toBeUndefined()
})
