import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { LoginThrottle } from '../../src/login-throttle.ts'
import { TestAccess } from './test-access.ts'

const MINUTE_MS = 60_000

let own: TestAccess

beforeEach(async () => {
  own = await TestAccess.open()
})

afterEach(() => own.close())

async function fail(times: number, from?: string): Promise<readonly string[]> {
  const answers: string[] = []
  for (let at = 0; at < times; at += 1) answers.push(await own.ask('tromost_WRONG', from))
  return answers
}

test('a token is asked for as HTTP has it (RFC 6750, RFC 9110 11.1)', async () => {
  const { fresh } = own.tokens
  for (const authorization of [`Bearer ${fresh}`, `bearer ${fresh}`, `BEARER  ${fresh}`])
    expect(await own.access.identify({ authorization, from: 'a' })).toMatchObject({ kind: 'actor' })
})

test('nothing else is accepted', async () => {
  const { fresh } = own.tokens
  const wrong = ['', 'Bearer', 'Bearer ', `Bearer ${fresh}x`, `Bearer ${fresh?.slice(1)}`]
  const others = [`Bearer ${fresh} ${fresh}`, fresh, `Basic ${fresh}`, `XBearer ${fresh}`]
  for (const authorization of [...wrong, ...others])
    expect(await own.access.identify({ authorization, from: String(authorization) })).toMatchObject({
      kind: 'refused',
    })
})

test('who gives nothing is nobody, and is never locked', async () => {
  for (let at = 0; at < 20; at += 1)
    expect(await own.access.identify({ authorization: undefined, from: '192.0.2.7' })).toEqual({
      kind: 'nobody',
    })
  expect(await own.ask(own.tokens.fresh ?? '')).toBe('token:setup admin')
})

describe('whoever guesses', () => {
  test('waits longer each time', async () => {
    await fail(9)
    expect(own.delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  })

  test('is locked for five minutes after ten failures, also with a token that is good', async () => {
    expect(await fail(11)).toEqual([...Array(10).fill('refused'), 'locked'])
    const { fresh = '' } = own.tokens
    expect(await own.access.identify({ authorization: `Bearer ${fresh}`, from: '192.0.2.7' })).toEqual({
      kind: 'locked',
      seconds: 300,
    })
    own.now += 5 * MINUTE_MS - 1
    expect(await own.ask(fresh)).toBe('locked')
    own.now += 1
    expect(await own.ask(fresh)).toBe('token:setup admin')
  })

  test('is told in the log without what they tried, and the lock is in the audit log once', async () => {
    await fail(12)
    expect(own.logs).toHaveLength(11)
    expect(JSON.stringify(own.logs)).not.toContain('WRONG')
    const locks = (await own.listAudit()).filter(({ action }) => action === 'lock')
    expect(locks).toMatchObject([
      { place: { kind: 'login', id: '192.0.2.7' }, from: '192.0.2.7', outcome: 'locked' },
    ])
  })

  test('many at once from one address have no more tries than one after another', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => own.ask('tromost_WRONG')))
    expect(answers.filter(answer => answer === 'refused')).toHaveLength(10)
  })

  test('does not lock others', async () => {
    await fail(10)
    expect(await own.ask(own.tokens.fresh ?? '', '192.0.2.8')).toBe('token:setup admin')
  })

  test('begins anew after a token that is good, or after a quarter of an hour', async () => {
    await fail(9)
    await own.ask(own.tokens.fresh ?? '')
    await fail(9)
    own.now += 15 * MINUTE_MS
    expect(await fail(2)).toEqual(['refused', 'refused'])
  })
})

test('a token that has expired is no guess: a program that goes on with it locks nobody', async () => {
  const { secret } = await own.create({ name: 'old', role: 'viewer', expiresAt: own.now })
  for (let at = 0; at < 20; at += 1) await own.ask(secret)
  expect(await own.ask(own.tokens.fresh ?? '')).toBe('token:setup admin')
})

describe('an address counts', () => {
  test.each([
    ['its network of IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['zeros of IPv6 however they are written', '2001:db8::1', '2001:0db8:0:0:5::', true],
    ['another network of IPv6', '2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['IPv4 in IPv6', '192.0.2.7', '::ffff:192.0.2.7', true],
    ['another one of IPv4', '192.0.2.7', '192.0.2.8', false],
  ])('%s', (_case, one, other, isSame) => {
    const throttle = new LoginThrottle(() => 0)
    for (let at = 0; at < 10; at += 1) throttle.fail(one)
    expect(throttle.getLockMs(other) > 0).toBe(isSame)
  })

  test('so long as there is room for it: the one that failed longest ago is forgotten', () => {
    const throttle = new LoginThrottle(() => 0)
    for (let at = 0; at < 10; at += 1) throttle.fail('first')
    for (let at = 0; at < 9_999; at += 1) throttle.fail(`address ${at}`)
    expect(throttle.getLockMs('first')).toBe(300_000)
    throttle.fail('one more')
    expect(throttle.getLockMs('first')).toBe(0)
  })
})
