import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { TromostError } from '../../src/errors.ts'
import { type Credential, Credentials } from '../../src/registry/credentials.ts'
import { until } from '../support/until.ts'
import { encodeConnect, RawClient } from './raw-client.ts'
import { TestIngest } from './test-ingest.ts'

/** Return codes of a CONNACK (MQTT 3.1.1, table 3.1). */
const IDENTIFIER_REJECTED = { code: 2 }
const SERVER_UNAVAILABLE = { code: 3 }
const BAD_USERNAME_OR_PASSWORD = { code: 4 }

const KEPT = { clean: false, clientId: 'kept' }

let ingest: TestIngest

beforeEach(async () => {
  ingest = await TestIngest.open({
    logins: [{ username: 'owner', publish: ['#'], subscribe: ['#'] }, { username: 'other' }],
    provision: { tenants: [{ id: 'kranj' }, { id: 'bled' }] },
  })
})

afterEach(() => {
  jest.restoreAllMocks()
  return ingest.close()
})

describe('a login', () => {
  test.each([
    ['a wrong password', { username: 'owner', password: 'eight-bridges' }],
    ['an empty password', { username: 'owner', password: '' }],
    ['no password', { username: 'owner', password: undefined }],
    ['a user name that nobody has', { username: 'nobody' }],
    ['neither', { username: undefined, password: undefined }],
  ])('with %s is refused with code 4, counted, and its socket closed', async (_case, login) => {
    await expect(ingest.connect('owner', { ...login, clientId: 'c1' })).rejects.toMatchObject(
      BAD_USERNAME_OR_PASSWORD,
    )
    const name = login.username ?? '(none)'
    expect(ingest.observed.refusals).toEqual([
      { code: 'LOGIN_REFUSED', detail: `client c1 at 127.0.0.1: user name ${name}` },
    ])
    await until('its socket is closed', () => ingest.observed.openSockets === 0)
  })

  test('that is refused does not take the client id', async () => {
    await expect(ingest.connect('owner', { password: 'wrong', clientId: 'c1' })).rejects.toMatchObject(
      BAD_USERNAME_OR_PASSWORD,
    )
    await expect(ingest.connect('other', { clientId: 'c1' })).resolves.toMatchObject({ isConnected: true })
  })

  test('whose check fails is refused like a wrong one, and the next one is checked again', async () => {
    const check = jest.spyOn(Credentials.prototype, 'check').mockRejectedValueOnce(new Error('no memory'))
    await expect(ingest.connect('owner')).rejects.toMatchObject(BAD_USERNAME_OR_PASSWORD)
    await expect(ingest.connect('owner')).resolves.toMatchObject({ isConnected: true })
    expect(check).toHaveBeenCalledTimes(2)
  })

  test('that cannot be checked now is refused with code 3, and is no failure of its address', async () => {
    await ingest.close()
    ingest = await TestIngest.open({ logins: [{ username: 'owner' }], limits: { failedLogins: 1 } })
    const busy = new TromostError('LOGINS_BUSY', 'too many')
    jest.spyOn(Credentials.prototype, 'check').mockRejectedValueOnce(busy).mockRejectedValueOnce(busy)
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(ingest.connect('owner')).rejects.toMatchObject(SERVER_UNAVAILABLE)
    await expect(ingest.connect('owner')).resolves.toMatchObject({ isConnected: true })
    expect(ingest.observed.refusals.map(({ code }) => code)).toEqual(['LOGINS_BUSY', 'LOGINS_BUSY'])
  })

  test('that is still being checked keeps nobody else from connecting', async () => {
    const gate = holdChecks('owner')
    const waiting = ingest.connect('owner')
    await expect(ingest.connect('other')).resolves.toMatchObject({ isConnected: true })
    gate.open()
    await expect(waiting).resolves.toMatchObject({ isConnected: true })
  })
})

describe('a client id of another credential', () => {
  test('is refused with code 2 while its owner is online, who stays', async () => {
    const owner = await ingest.connect('owner', { clientId: 'c1' })
    await expect(ingest.connect('other', { clientId: 'c1' })).rejects.toMatchObject(IDENTIFIER_REJECTED)
    expect(ingest.observed.refusals).toEqual([
      { code: 'CLIENT_ID_TAKEN', detail: 'client c1: credential kranj/other' },
    ])
    await owner.publish('tromost/dev/up', 'x')
    expect(owner.isConnected).toBe(true)
  })

  test('is refused while a session waits for its owner, who finds it', async () => {
    const owner = await ingest.connect('owner', KEPT)
    await owner.subscribe('news')
    await owner.end()
    await expect(ingest.connect('other', KEPT)).rejects.toMatchObject(IDENTIFIER_REJECTED)
    await expect(ingest.connect('other', { clientId: 'kept' })).rejects.toMatchObject(IDENTIFIER_REJECTED)
    await expect(ingest.connect('owner', KEPT)).resolves.toMatchObject({ hasSession: true })
  })

  test('is free when its owner has ended with a clean session', async () => {
    const owner = await ingest.connect('owner', { clientId: 'c1' })
    await owner.end()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    await expect(ingest.connect('other', { clientId: 'c1' })).resolves.toMatchObject({ isConnected: true })
  })

  test('is free when its owner was cut off without a session to keep', async () => {
    const owner = await ingest.connect('owner', { clientId: 'c1' })
    owner.cut()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    await expect(ingest.connect('other', { clientId: 'c1' })).resolves.toMatchObject({ isConnected: true })
  })

  test('is free when its owner has given up the session that it kept', async () => {
    await (await ingest.connect('owner', KEPT)).end()
    await (await ingest.connect('owner', { ...KEPT, clean: true })).end()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    await expect(ingest.connect('other', KEPT)).resolves.toMatchObject({ isConnected: true })
  })

  test('is free when the client that asked for it left while its password was checked', async () => {
    const gate = holdChecks('owner')
    const raw = await RawClient.connect(ingest.port())
    raw.send(encodeConnect('owner', 'c1'))
    await until('the password is checked', () => gate.held === 1)
    raw.destroy()
    await until('the agent has noticed', () => ingest.observed.openSockets === 0)
    gate.open()
    await ingest.settle()
    await expect(ingest.connect('other', { clientId: 'c1' })).resolves.toMatchObject({ isConnected: true })
  })
})

describe('a client id of the same credential', () => {
  test('is taken over, and the older connection closed (MQTT-3.1.4-2)', async () => {
    const older = await ingest.connect('owner', { clientId: 'c1' })
    const newer = await ingest.connect('owner', { clientId: 'c1' })
    await older.closed()
    await newer.publish('tromost/dev/up', 'x')
    expect(newer.isConnected).toBe(true)
  })

  test('that was taken over is still not for another credential', async () => {
    const older = await ingest.connect('owner', { clientId: 'c1' })
    const newer = await ingest.connect('owner', { clientId: 'c1' })
    await older.closed()
    await until('the older socket is gone', () => ingest.observed.openSockets === 1)
    await expect(ingest.connect('other', { clientId: 'c1' })).rejects.toMatchObject(IDENTIFIER_REJECTED)
    expect(newer.isConnected).toBe(true)
  })

  test('comes back to the session that it kept', async () => {
    const first = await ingest.connect('owner', KEPT)
    await first.subscribe('news')
    await first.end()
    await expect(ingest.connect('owner', KEPT)).resolves.toMatchObject({ hasSession: true })
  })
})

test('clients that give no id do not get into the way of each other', async () => {
  const clients = await Promise.all(
    ['owner', 'other', 'owner'].map(username => ingest.connect(username, { clientId: '' })),
  )
  expect(clients.map(({ isConnected }) => isConnected)).toEqual([true, true, true])
})

/** Lets the checks of one user name wait until the gate is opened. */
function holdChecks(username: string) {
  const gate = { held: 0, open: () => {} }
  const opened = new Promise<void>(resolve => {
    gate.open = resolve
  })
  const check = ingest.credentials.check.bind(ingest.credentials)
  jest
    .spyOn(ingest.credentials, 'check')
    .mockImplementation(async (name, password): Promise<Credential | undefined> => {
      const credential = await check(name, password)
      if (name !== username) return credential
      gate.held += 1
      await opened
      return credential
    })
  return gate
}
