import { connect as connectTcp, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connectAsync, type MqttClient } from 'mqtt'
import { shakeHands, TlsFolder } from '../ingest/listeners/tls-folder.ts'
import { encodeConnect } from '../ingest/raw-client.ts'
import { PASSWORD } from '../ingest/test-client.ts'
import { Authority, type IssueOptions } from '../support/authority.ts'
import { TENANT } from '../support/town.ts'
import { until } from '../support/until.ts'
import { FrontDoor, INSIDER } from './front-door.ts'

const HANDSHAKES_MAX = 30
const CROWD = process.env['TROMOST_LONG'] === '1' ? 2_000 : 200

let files: TlsFolder
let door: FrontDoor
const open: (Socket | MqttClient)[] = []

beforeAll(async () => {
  files = new TlsFolder()
  const { clientCaFile, crlFile, folder } = files
  const paths = { certFile: `${folder}/agent.pem`, keyFile: `${folder}/agent.key`, clientCaFile, crlFile }
  door = await FrontDoor.start({
    config: {
      mqtt: {
        listeners: [
          { kind: 'tcp', port: 0 },
          { kind: 'tls', port: 0, ...paths, clientCertificate: 'optional' },
        ],
        limits: { connectTimeout: '2s', handshakes: HANDSHAKES_MAX },
      },
    },
  })
})

afterAll(async () => {
  hangUp()
  await door.close()
  files.close()
})

function hangUp(): void {
  for (const one of open.splice(0)) 'destroy' in one ? one.destroy() : one.end(true)
}

function getPort(): number {
  return Number(door.town.agent.logs.find(({ msg, kind }) => msg === 'listening' && kind === 'tls')?.['port'])
}

/** Somebody who does not know that it is TLS. */
async function openPlain(): Promise<Socket> {
  const socket = connectTcp({ port: getPort(), host: '127.0.0.1', localAddress: door.newAddress() })
  open.push(socket.on('error', () => undefined))
  await new Promise(resolve => socket.once('connect', resolve))
  return socket.resume()
}

async function connectTls(
  tls: TlsFolder['trust'],
  clientId: string,
  username = INSIDER,
): Promise<MqttClient> {
  const login = {
    username,
    password: PASSWORD,
    clientId,
    reconnectPeriod: 0,
    localAddress: door.newAddress(),
  }
  const client = await connectAsync(`mqtts://127.0.0.1:${getPort()}`, { ...login, ...tls }, false)
  open.push(client.on('error', () => undefined))
  return client
}

describe('T18: on a port with TLS', () => {
  test.each([
    ['MQTT without it', encodeConnect(INSIDER, 'plain')],
    ['HTTP without it', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['bytes without a meaning', Buffer.from('00'.repeat(200), 'hex')],
  ])('%s is closed', async (_what, bytes) => {
    await door.endure(
      async () => {
        const socket = await openPlain()
        socket.write(bytes)
        await until('it is closed', () => socket.closed)
      },
      { refused: { HANDSHAKE_FAILED: 1 } },
    )
  })

  test('a crowd that begins handshakes and does not go on makes room for whoever does', async () => {
    await door.endure(
      async () => {
        const crowd = await Promise.all(Array.from({ length: CROWD }, openPlain))
        for (const socket of crowd) socket.write(Buffer.from('1603010200', 'hex'))
        const client = await connectTls(files.trust, 'in-a-crowd')
        await client.publishAsync('kranj/a', 'x', { qos: 1 })
        await client.endAsync()
        await until('all of the crowd are gone', () => crowd.every(({ closed }) => closed))
      },
      { refused: { HANDSHAKE_LIMIT: expect.any(Number), CONNECT_TIMEOUT: expect.any(Number) }, received: 1 },
    )
  })
})

describe('T19: a client certificate', () => {
  const show = (options: IssueOptions, authority?: Authority) => files.client(options, authority).tls

  test.each([
    ['that has expired', () => show({ cn: 'gate', validForMs: -60_000 })],
    ['of another authority', () => show({ cn: 'gate' }, new Authority('others'))],
    ['of an authority that calls itself like ours', () => show({ cn: 'gate' }, new Authority('devices'))],
  ])('%s lets nobody in, whatever its password', async (_what, makeTls) => {
    const tls = makeTls()
    await door.endure(
      async () => {
        await expect(connectTls(tls, 'by-proof')).rejects.toThrow()
      },
      { refused: { CERTIFICATE_REFUSED: 1 } },
    )
  })

  test('that was revoked lets nobody in, as soon as the list is read again', async () => {
    const issued = files.client({ cn: 'gate' })
    files.revoke(issued)
    await door.endure(
      async () => {
        await until('it is refused', () => connectTls(issued.tls, 'by-proof').then(close, () => true))
      },
      // Who came in before that is cut.
      { refused: { CERTIFICATE_REFUSED: expect.any(Number) } },
    )
  })

  test.each(['#', '+/gate', 'insider\0', '__proto__'])('with the CN %j is nobody', async cn => {
    await door.endure(
      async () => {
        const none = { username: '', password: '' }
        const tls = { ...show({ cn }), ...none }
        await expect(
          connectAsync(`mqtts://127.0.0.1:${getPort()}`, { ...tls, reconnectPeriod: 0 }, false),
        ).rejects.toThrow()
      },
      { refused: { LOGIN_REFUSED: 1 } },
    )
  })
})

/** Of a connection that was not to be. */
async function close(client: MqttClient): Promise<boolean> {
  await client.endAsync(true)
  return false
}

test('T102: certificate and revocation list change under load: nobody else is dropped, and the next handshake knows', async () => {
  const before = await door.town.agent.getBalance(TENANT)
  const revoked = files.client({ cn: 'lost' })
  const clients = await Promise.all(
    Array.from({ length: 10 }, (_, at) => connectTls(at === 0 ? revoked.tls : files.trust, `steady-${at}`)),
  )
  let acknowledged = 0
  let isGoingOn = true
  const keepPublishing = (client: MqttClient, at: number) => {
    client.publish(`kranj/steady/${at}`, `${acknowledged}`, { qos: 1 }, error => {
      if (error) return
      acknowledged += 1
      if (isGoingOn) keepPublishing(client, at)
    })
  }
  for (const [at, client] of clients.entries()) keepPublishing(client, at)
  files.renew('renewed')
  files.revoke(revoked)
  await until('a new handshake sees the new certificate', async () => (await getServerName()) === 'renewed')
  await until('whose certificate was revoked is cut', () => !clients[0]?.connected)
  await until('and is not let in any more', () => connectTls(revoked.tls, 'again').then(close, () => true))
  const since = acknowledged
  await until('all go on', () => acknowledged > since + 100)
  isGoingOn = false
  expect(clients.map(({ connected }) => connected)).toEqual([false, ...Array(9).fill(true)])
  hangUp()
  const after = await door.town.agent.getBalance(TENANT)
  expect(after.received - before.received).toBeGreaterThanOrEqual(acknowledged)
})

async function getServerName(): Promise<unknown> {
  const socket = await shakeHands(getPort(), files.trust)
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return CN
}
