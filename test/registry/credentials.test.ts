import { randomBytes, scryptSync } from 'node:crypto'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { Credentials, type Login } from '../../src/registry/credentials.ts'
import { type Secret, toKeyedSecret } from '../../src/registry/secret.ts'

const KEY = randomBytes(32)
/** As many checks by scrypt as may wait at once. */
const WAITING_MAX = 200
const BUSY = { code: 'LOGINS_BUSY' }
const REMEMBERED_MAX = 10_000

afterEach(() => {
  jest.restoreAllMocks()
})

describe('a keyed secret', () => {
  const credentials = new Credentials([create('kranj', 'gateway', keyed('right'))], KEY)

  test('proves its credential', async () => {
    expect(await check(credentials, 'gateway', 'right')).toBe('kranj/gateway')
  })

  test.each([
    ['gateway', 'wrong'],
    ['gateway', ''],
    ['gateway', 'right '],
    ['Gateway', 'right'],
    ['', 'right'],
    ['nobody', 'right'],
    ['__proto__', 'right'],
  ])('user name %p and password %p prove none', async (username, password) => {
    expect(await check(credentials, username, password)).toBeUndefined()
  })

  test('is worth nothing with the key of another installation', async () => {
    const elsewhere = new Credentials([create('kranj', 'gateway', keyed('right'))], randomBytes(32))
    expect(await check(elsewhere, 'gateway', 'right')).toBeUndefined()
  })
})

describe('a password that a person chose', () => {
  test('proves its credential, again and again, and a wrong one never does', async () => {
    const credentials = new Credentials([create('kranj', 'mayor', chosen('right'))], KEY)
    for (let count = 0; count < 3; count += 1) {
      expect(await check(credentials, 'mayor', 'right')).toBe('kranj/mayor')
      expect(await check(credentials, 'mayor', 'wrong')).toBeUndefined()
    }
  })

  test('is not looked at while too many others are being checked, and proves again afterwards', async () => {
    const credentials = new Credentials([create('kranj', 'mayor', chosen('right'))], KEY)
    const storm = startStorm(credentials, 'mayor', WAITING_MAX)
    await expect(check(credentials, 'mayor', 'right')).rejects.toMatchObject(BUSY)
    expect(await storm).toEqual(Array(WAITING_MAX).fill(undefined))
    expect(await check(credentials, 'mayor', 'right')).toBe('kranj/mayor')
  })

  test('that was confirmed costs nothing the next time, so no storm keeps it out', async () => {
    const credentials = new Credentials([create('kranj', 'mayor', chosen('right'))], KEY)
    await check(credentials, 'mayor', 'right')
    const storm = startStorm(credentials, 'mayor', WAITING_MAX)
    expect(await check(credentials, 'mayor', 'right')).toBe('kranj/mayor')
    await storm
  })

  test('that was confirmed has to be proven again after ten minutes', async () => {
    const credentials = new Credentials([create('kranj', 'mayor', chosen('right'))], KEY)
    const now = Date.now()
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now)
    await check(credentials, 'mayor', 'right')
    clock.mockReturnValue(now + 599_999)
    expect(await checkInStorm(credentials, 'mayor', 'right')).toBe('kranj/mayor')
    clock.mockReturnValue(now + 600_000)
    await expect(checkInStorm(credentials, 'mayor', 'right')).rejects.toMatchObject(BUSY)
  })

  test('that was refused is not remembered', async () => {
    const credentials = new Credentials([create('kranj', 'mayor', chosen('right'))], KEY)
    await check(credentials, 'mayor', 'wrong')
    await expect(checkInStorm(credentials, 'mayor', 'wrong')).rejects.toMatchObject(BUSY)
  })

  test('that was confirmed is confirmed for its own credential only', async () => {
    const credentials = new Credentials(
      [create('kranj', 'mayor', chosen('right')), create('kranj', 'clerk', chosen('other'))],
      KEY,
    )
    await check(credentials, 'mayor', 'right')
    expect(await check(credentials, 'clerk', 'right')).toBeUndefined()
  })

  test('is forgotten when ten thousand others were confirmed since', async () => {
    const secret = chosen('right')
    const usernames = Array.from({ length: REMEMBERED_MAX + 1 }, (_, index) => `user-${index}`)
    const credentials = new Credentials(
      usernames.map(username => create('kranj', username, secret)),
      KEY,
    )
    // One by one, since checks that run together end in any order; the others may.
    await check(credentials, 'user-0', 'right')
    await check(credentials, 'user-1', 'right')
    for (let start = 2; start < usernames.length; start += WAITING_MAX) {
      const part = usernames.slice(start, start + WAITING_MAX)
      await Promise.all(part.map(username => check(credentials, username, 'right')))
    }
    await expect(checkInStorm(credentials, 'user-0', 'right')).rejects.toMatchObject(BUSY)
    expect(await checkInStorm(credentials, 'user-1', 'right')).toBe('kranj/user-1')
  })
})

describe('device ids that two tenants have', () => {
  test.each<[string, Secret, Secret]>([
    ['two keyed secrets', keyed('of kranj'), keyed('of bled')],
    ['two chosen passwords', chosen('of kranj'), chosen('of bled')],
    ['one of each', chosen('of kranj'), keyed('of bled')],
  ])('are told apart by the password: %s', async (_case, ofKranj, ofBled) => {
    const credentials = new Credentials([create('kranj', 'dev', ofKranj), create('bled', 'dev', ofBled)], KEY)
    for (const _time of ['first', 'again']) {
      expect(await check(credentials, 'dev', 'of kranj')).toBe('kranj/dev')
      expect(await check(credentials, 'dev', 'of bled')).toBe('bled/dev')
      expect(await check(credentials, 'dev', 'of ljubljana')).toBeUndefined()
    }
  })
})

describe('a changed login', () => {
  const SIX = { tenant: 'kranj', username: 'six' } as const

  test('is proven by what it is proven by now, and by its old secret while that is taken', async () => {
    const credentials = new Credentials([create('kranj', 'six', keyed('old'))], KEY)
    credentials.apply([{ ...SIX, login: create('kranj', 'six', keyed('new'), keyed('old')) }])
    expect(await check(credentials, 'six', 'new')).toBe('kranj/six')
    expect(await check(credentials, 'six', 'old')).toBe('kranj/six')
    credentials.apply([{ ...SIX, login: create('kranj', 'six', keyed('new')) }])
    expect(await check(credentials, 'six', 'old')).toBeUndefined()
    credentials.apply([SIX])
    expect(await check(credentials, 'six', 'new')).toBeUndefined()
    expect(credentials.isEmpty).toBe(true)
  })

  test('does not leave a password proven that scrypt had confirmed before', async () => {
    const credentials = new Credentials([create('kranj', 'six', chosen('old'))], KEY)
    expect(await check(credentials, 'six', 'old')).toBe('kranj/six')
    credentials.apply([{ ...SIX, login: create('kranj', 'six', chosen('new')) }])
    expect(await check(credentials, 'six', 'old')).toBeUndefined()
  })

  test('of one tenant leaves that of another as it is', async () => {
    const credentials = new Credentials(
      [create('kranj', 'six', keyed('of kranj')), create('bled', 'six', keyed('of bled'))],
      KEY,
    )
    credentials.apply([SIX])
    expect(await check(credentials, 'six', 'of kranj')).toBeUndefined()
    expect(await check(credentials, 'six', 'of bled')).toBe('bled/six')
    expect([credentials.has('kranj/six'), credentials.has('bled/six')]).toEqual([false, true])
  })

  test('lets stand what was proven, until its secret or its rights are others', async () => {
    const credentials = new Credentials([create('kranj', 'six', keyed('a'))], KEY)
    const proven = await credentials.check('six', Buffer.from('a'))
    if (proven === undefined) throw new Error('expected a credential')
    const change = (login?: Login) => {
      credentials.apply([{ ...SIX, login }])
      return credentials.isStanding(proven)
    }
    expect(change(create('kranj', 'six', keyed('b'), keyed('a')))).toBe(true)
    expect(change(create('kranj', 'six', keyed('b')))).toBe(false)
    expect(change(create('kranj', 'six', keyed('a')))).toBe(true)
    expect(change({ ...create('kranj', 'six', keyed('a')), publish: ['up'] })).toBe(false)
    expect(change()).toBe(false)
  })
})

describe('a client certificate', () => {
  const login = { ...create('kranj', 'six'), device: 'six', certificate: { cn: 'six.example', san: 'six' } }
  const credentials = new Credentials([login], KEY)

  test('proves the credential that names its CN or one of its alternative names', () => {
    const names = [
      { kind: 'san', name: 'other' },
      { kind: 'san', name: 'six' },
    ] as const
    expect(credentials.checkCertificate(names)).toMatchObject({ id: 'kranj/six', device: 'six' })
    expect(credentials.checkCertificate([{ kind: 'cn', name: 'six.example' }])?.id).toBe('kranj/six')
    expect(credentials.checkCertificate([{ kind: 'cn', name: 'six' }])).toBeUndefined()
    expect(credentials.checkCertificate([])).toBeUndefined()
  })

  test('proves nothing once no credential names it', () => {
    const proven = credentials.checkCertificate([{ kind: 'cn', name: 'six.example' }])
    if (proven === undefined) throw new Error('expected a credential')
    expect(credentials.isStanding(proven)).toBe(true)
    credentials.apply([{ ...login, login: { ...login, certificate: { cn: 'seven.example' } } }])
    expect(credentials.isStanding(proven)).toBe(false)
    expect(credentials.checkCertificate([{ kind: 'san', name: 'six' }])).toBeUndefined()
  })
})

test('a registry without credentials says that it is empty', async () => {
  expect(new Credentials([], KEY).isEmpty).toBe(true)
  expect(new Credentials([create('kranj', 'dev', keyed('x'))], KEY).isEmpty).toBe(false)
  expect(await check(new Credentials([], KEY), '', '')).toBeUndefined()
})

function create(tenant: string, username: string, ...secrets: readonly Secret[]): Login {
  const rights = { publish: [], subscribe: [] }
  return { id: `${tenant}/${username}`, tenant, username, getSecrets: () => secrets, ...rights }
}

function keyed(password: string): Secret {
  return toKeyedSecret(password, KEY)
}

/** scrypt at its lowest cost: what is tested here is not how strong it is. */
function chosen(password: string): Secret {
  const salt = randomBytes(16)
  return { kind: 'scrypt', cost: 2, salt, hash: scryptSync(password, salt, 32, { N: 2 }) }
}

/** The id of the credential that was proven. */
async function check(
  credentials: Credentials,
  username: string,
  password: string,
): Promise<string | undefined> {
  const credential = await credentials.check(username, Buffer.from(password))
  return credential?.id
}

/** Wrong passwords, all at once; none of them is answered before the next turn of the event loop. */
function startStorm(credentials: Credentials, username: string, count: number) {
  return Promise.all(
    Array.from({ length: count }, (_, index) => check(credentials, username, `wrong ${index}`)),
  )
}

/** With no room for scrypt, only what is remembered can be proven. */
async function checkInStorm(credentials: Credentials, username: string, password: string) {
  const storm = startStorm(credentials, username, WAITING_MAX)
  try {
    return await check(credentials, username, password)
  } finally {
    await storm
  }
}
