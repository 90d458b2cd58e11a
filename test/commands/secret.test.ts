import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { matchesKeyed, matchesScrypt, parseSecret } from '../../src/registry/secret.ts'
import { ensureBuilt, runTromost } from './run-tromost.ts'

let folder = ''

beforeAll(ensureBuilt)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('a new secret is printed with its stored form, which proves it by the key of the data folder', async () => {
  const { code, stdout, stderr } = await runTromost(['secret', '--data-dir', 'data'], { cwd: folder })
  expect([code, stderr]).toEqual([0, ''])
  const [, password = '', hash = '', ...rest] =
    /^password for the device, shown this once: +(\S+)\npasswordHash for provision\.yaml: +(\S+)\n(.*)$/.exec(
      stdout,
    ) ?? []
  expect(rest).toEqual([''])
  expect(proves(hash, password)).toBe(true)
  expect(proves(hash, `${password}x`)).toBe(false)
  expect(statSync(join(folder, 'data/secret.key')).mode & 0o777).toBe(0o600)
})

test('every secret is another one, by the same key', async () => {
  const runs = [await readJson('--data-dir', 'data'), await readJson('--data-dir', 'data')]
  const [first = {}, second = {}] = runs
  expect(first['secret']).not.toBe(second['secret'])
  for (const { secret, passwordHash } of runs) expect(proves(`${passwordHash}`, `${secret}`)).toBe(true)
})

test('the data folder is that of the configuration, where a variable names it', async () => {
  await runTromost(['secret'], { cwd: folder, environment: { TROMOST_DATADIR: 'elsewhere' } })
  expect(existsSync(join(folder, 'elsewhere/secret.key'))).toBe(true)
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('a password that is given is hashed without the key, and not printed', async () => {
  const { code, stdout } = await runTromost(['secret', '--password', 'geslo za Šolo'], { cwd: folder })
  expect(code).toBe(0)
  expect(stdout).not.toContain('geslo')
  const secret = parseSecret(/^passwordHash for provision\.yaml: +(\S+)\n$/.exec(stdout)?.[1] ?? '')
  expect(secret?.kind).toBe('scrypt')
  if (secret?.kind !== 'scrypt') return
  expect(await matchesScrypt(secret, Buffer.from('geslo za Šolo'))).toBe(true)
  expect(await matchesScrypt(secret, Buffer.from('geslo za šolo'))).toBe(false)
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

test('a password that is given is answered as JSON without it', async () => {
  const answer = await readJson('--password', 'geslo')
  expect(Object.keys(answer)).toEqual(['passwordHash'])
  expect(parseSecret(`${answer['passwordHash']}`)?.kind).toBe('scrypt')
})

test('a data folder that cannot be used is told with the remedy, and exit code 1', async () => {
  const { code, stdout, stderr } = await runTromost(['secret', '--data-dir', '/dev/null/data'], {
    cwd: folder,
  })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^DATA_DIR_UNUSABLE: .+\n {2}Give the user of the agent the right to write there/)
})

async function readJson(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const { code, stdout } = await runTromost(['secret', '--json', ...args], { cwd: folder })
  expect(code).toBe(0)
  return JSON.parse(stdout)
}

function proves(hash: string, password: string): boolean {
  const secret = parseSecret(hash)
  const key = readFileSync(join(folder, 'data/secret.key'))
  return secret?.kind === 'keyed' && matchesKeyed(secret, Buffer.from(password), key)
}
