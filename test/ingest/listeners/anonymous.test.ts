import { afterEach, describe, expect, test } from '@jest/globals'
import { listenerSchema } from '../../../src/config/listener.ts'
import { TestClient } from '../test-client.ts'
import { TestIngest } from '../test-ingest.ts'

let ingest: TestIngest

afterEach(() => ingest.close())

describe('a listener without authentication', () => {
  const anonymous = { kind: 'tcp', port: 0, auth: 'none', anonymousAs: 'kranj/lab' }
  const nobody = { username: undefined, password: undefined }

  async function openTo(...logins: Parameters<typeof TestIngest.open>[0]['logins']): Promise<void> {
    ingest = await TestIngest.open({ logins, listeners: [listenerSchema.parse(anonymous)] })
  }

  test('lets anybody in with the rights of its credential, and no others', async () => {
    await openTo({ username: 'lab', publish: ['lab/#'] })
    const client = await TestClient.connect(`mqtt://127.0.0.1:${ingest.port()}`, nobody)
    await client.publish('lab/1', '')
    client.send('elsewhere', '')
    await client.closed()
    expect(ingest.held.topics).toEqual(['lab/1'])
  })

  test('takes a user name for what it is: with a wrong password nobody gets in', async () => {
    await openTo({ username: 'lab' }, { username: 'plain' })
    const url = `mqtt://127.0.0.1:${ingest.port()}`
    await expect(TestClient.connect(url, { username: 'plain', password: 'x' })).rejects.toMatchObject({
      code: 4,
    })
    await expect(TestClient.connect(url, { username: 'lab', password: undefined })).rejects.toMatchObject({
      code: 4,
    })
    await (await TestClient.connect(url, { username: 'plain' })).close()
  })

  test('lets nobody in whose credential is not there', async () => {
    await openTo({ username: 'plain' })
    await expect(TestClient.connect(`mqtt://127.0.0.1:${ingest.port()}`, nobody)).rejects.toMatchObject({
      code: 4,
    })
  })
})
