import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { Authority, writeFiles } from '../support/authority.ts'
import { toDestination, toProvision } from '../support/town.ts'
import { ensureBuilt, type Ran, runTromost } from './run-tromost.ts'

const EXPIRED_MS = -24 * 3_600_000
const authority = new Authority()

let folder: AgentFolder

beforeAll(ensureBuilt)

beforeEach(() => {
  folder = new AgentFolder()
  folder.write('provision.yaml', toProvision(['six-1']))
})

afterEach(() => folder.remove())

function run(verb: string, ...listeners: readonly object[]): Promise<Ran> {
  folder.writeConfig({ destinations: [toDestination('http://127.0.0.1:9')], mqtt: { listeners } })
  return runTromost([verb, '--config', 'tromost.yaml'], { cwd: folder.path })
}

describe('before a start', () => {
  test('each listener is told whose files or whose credential cannot be used', async () => {
    const { cert } = authority.issue({})
    const { key } = authority.issue({})
    writeFiles(folder.path, 'mixed', { cert, key })
    const ran = await run(
      'check',
      { kind: 'tls', port: 0, certFile: 'nowhere.pem', keyFile: 'nowhere.key' },
      { kind: 'wss', port: 0, certFile: 'mixed.pem', keyFile: 'mixed.key' },
      { kind: 'tcp', port: 0, auth: 'none', anonymousAs: 'kranj/nobody' },
    )
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr.split('\n')).toEqual([
      expect.stringMatching(
        /^tromost.yaml: mqtt.listeners.0: certFile: expected a file that can be read, got: ENOENT/,
      ),
      expect.stringMatching(
        /^tromost.yaml: mqtt.listeners.1: keyFile: expected the key of mixed.pem in mixed.key, got: /,
      ),
      'tromost.yaml: mqtt.listeners.2.anonymousAs: expected tenant and user name of a credential, got "kranj/nobody"',
      '',
    ])
  })

  test('what has expired is a warning', async () => {
    const files = writeFiles(folder.path, 'old', authority.issue({ validForMs: EXPIRED_MS }))
    folder.write('ca.pem', authority.cert)
    folder.write('ca.crl', authority.list(EXPIRED_MS))
    const { code, stderr } = await run('check', {
      ...{ kind: 'tls', port: 0, ...files },
      ...{ clientCaFile: join(folder.path, 'ca.pem'), crlFile: join(folder.path, 'ca.crl') },
    })
    const date = new Date(Date.now() + EXPIRED_MS).toISOString().slice(0, 10)
    expect(code).toBe(0)
    expect(stderr.split('\n')).toEqual([
      `warning: ${files.certFile}: expired on ${date}`,
      `warning: ${join(folder.path, 'ca.crl')}: expired on ${date}`,
      '',
    ])
  })
})

test('T16: an agent that anybody could use from outside does not start', async () => {
  const open = { kind: 'tcp', host: '0.0.0.0', port: 0, auth: 'none', anonymousAs: 'kranj/gateway' }
  const ran = await run('start', open)
  expect(ran).toMatchObject({ code: 1, stdout: '' })
  expect(ran.stderr).toMatch(
    /^tromost.yaml: mqtt.listeners.0.host: expected a loopback address such as 127.0.0.1, because auth is none, got "0.0.0.0"/,
  )
})
