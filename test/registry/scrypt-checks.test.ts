import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { Credentials, type Login } from '../../src/registry/credentials.ts'
import { ScryptChecks } from '../../src/registry/scrypt-checks.ts'
import { type Secret, toKeyedSecret } from '../../src/registry/secret.ts'

const KEY = randomBytes(32)
/** As many checks for nobody as may wait at once. */
const PRETENDED_MAX = 50
/** As many checks in all. */
const CHECKS_MAX = 200

/** The costs of all checks by scrypt that were made, in their order. None of them is right. */
let costs: number[]
let checks: ScryptChecks

beforeEach(() => {
  costs = []
  checks = new ScryptChecks(async ({ cost }) => {
    costs.push(cost)
    await new Promise(resolve => setImmediate(resolve))
    return false
  })
})

describe('a login that is refused costs one scrypt', () => {
  test.each([
    ['a user name that nobody has', 'nobody', 16],
    ['a wrong password that a person chose', 'mayor', 8],
    ['a wrong secret of ours', 'gateway', 16],
    ['a wrong secret of a device', 'six', 16],
  ])('with %s, where anybody has a password', async (_what, username, cost) => {
    const credentials = new Credentials(
      [
        create('mayor', chosen(8)),
        create('clerk', chosen(16)),
        create('gateway', keyed()),
        { ...create('six', keyed()), device: 'six' },
      ],
      KEY,
      checks,
    )
    expect(await credentials.check(username, Buffer.from('wrong'))).toBeUndefined()
    expect(costs).toEqual([cost])
  })

  test('with a user name that nobody has, once a device with a password was asked for one', async () => {
    const login = { ...create('six', chosen(4)), device: 'six' }
    const credentials = new Credentials([login], KEY, checks)
    await credentials.check('six', Buffer.from('wrong'))
    await credentials.check('nobody', Buffer.from('wrong'))
    expect(costs).toEqual([4, 4])
  })

  test('with a user name that nobody has, once a password was provisioned', async () => {
    const credentials = new Credentials([create('gateway', keyed())], KEY, checks)
    credentials.apply([{ tenant: 'kranj', username: 'mayor', login: create('mayor', chosen(32)) }])
    await credentials.check('nobody', Buffer.from('wrong'))
    expect(costs).toEqual([32])
  })
})

test('where nobody has a password, no scrypt is made for anybody', async () => {
  const credentials = new Credentials([create('gateway', keyed())], KEY, checks)
  for (const username of ['nobody', 'gateway']) await credentials.check(username, Buffer.from('wrong'))
  expect(costs).toEqual([])
})

test('what is right costs no more than it has to', async () => {
  const credentials = new Credentials([create('mayor', chosen(8)), create('gateway', keyed())], KEY, checks)
  expect(await credentials.check('gateway', Buffer.from('right'))).toMatchObject({ id: 'kranj/gateway' })
  expect(costs).toEqual([])
})

test('a storm of user names that nobody has leaves room for those who have a password', async () => {
  const credentials = new Credentials([create('mayor', chosen(8)), create('clerk', chosen(16))], KEY, checks)
  const storm = Array.from({ length: 1_000 }, (_, at) => credentials.check(`n${at}`, Buffer.from('wrong')))
  const mayor = credentials.check('mayor', Buffer.from('wrong'))
  await Promise.all([...storm, mayor])
  expect(costs).toEqual([...Array(PRETENDED_MAX).fill(16), 8])
})

test('more logins at once than can be checked are told so, with whatever name, and a secret of ours gets in', async () => {
  const credentials = new Credentials([create('mayor', chosen(8)), create('gateway', keyed())], KEY, checks)
  const storm = Array.from({ length: CHECKS_MAX }, () => credentials.check('mayor', Buffer.from('wrong')))
  for (const username of ['mayor', 'nobody', 'gateway'])
    await expect(credentials.check(username, Buffer.from('wrong'))).rejects.toMatchObject({
      code: 'LOGINS_BUSY',
    })
  expect(await credentials.check('gateway', Buffer.from('right'))).toMatchObject({ id: 'kranj/gateway' })
  expect(await Promise.all(storm)).toEqual(storm.map(() => undefined))
  expect(costs).toEqual(storm.map(() => 8))
  expect(await credentials.check('mayor', Buffer.from('wrong'))).toBeUndefined()
})

function create(username: string, secret: Secret): Login {
  const rights = { publish: [], subscribe: [] }
  return { id: `kranj/${username}`, tenant: 'kranj', username, getSecrets: () => [secret], ...rights }
}

function keyed(): Secret {
  return toKeyedSecret('right', KEY)
}

function chosen(cost: number): Secret {
  return { kind: 'scrypt', cost, salt: randomBytes(16), hash: randomBytes(32) }
}
