import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { isFileName } from '../../src/transfer/archive-format.ts'
import { packEnd, packFile, type TarFile, unpackFiles } from '../../src/transfer/tar.ts'

const BOUNDS = { isName: isFileName, fileBytesMax: 1_000, filesMax: 2 }
const TENANT: TarFile = { name: 'tenant.yaml', bytes: Buffer.from('id: kranj\n') }

async function unpack(...parts: readonly Buffer[]): Promise<readonly string[]> {
  const files: string[] = []
  async function* stream() {
    // Bytes come in whatever sizes a network gives them.
    const all = Buffer.concat(parts)
    for (let at = 0; at < all.length; at += 100) yield all.subarray(at, at + 100)
  }
  for await (const { name, bytes } of unpackFiles(stream(), BOUNDS)) files.push(`${name}: ${bytes}`)
  return files
}

/** A header that was tampered with, and whose checksum was made to fit again. */
function forge(change: (header: Buffer) => void): Buffer {
  const file = packFile(TENANT, 0)
  change(file)
  file.fill(' ', 148, 156)
  const sum = file.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  file.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148)
  return file
}

test('what is packed is unpacked, whatever sizes it comes in', async () => {
  const list = { name: 'devices-00001.ndjson', bytes: Buffer.alloc(700, 'x') }
  expect(await unpack(packFile(TENANT, 0), packFile(list, 0), packEnd())).toEqual([
    'tenant.yaml: id: kranj\n',
    `devices-00001.ndjson: ${'x'.repeat(700)}`,
  ])
})

test('the tar of the system opens it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tromost-tar-'))
  writeFileSync(join(folder, 'x.tar'), Buffer.concat([packFile(TENANT, Date.now()), packEnd()]))
  execFileSync('tar', ['-xf', 'x.tar'], { cwd: folder })
  expect(readdirSync(folder).sort()).toEqual(['tenant.yaml', 'x.tar'])
  expect(readFileSync(join(folder, 'tenant.yaml'), 'utf8')).toBe('id: kranj\n')
  rmSync(folder, { recursive: true })
})

test.each([
  '../tenant.yaml',
  '/etc/passwd',
  'profile.../x.yaml',
  'profile.a/b.yaml',
  'devices-1.ndjson',
  'devices-00001.ndjson/x',
  'tenant.yaml\n',
  'CON',
])('%j is refused, as every name that no export has', async name => {
  await expect(unpack(packFile({ ...TENANT, name }, 0), packEnd())).rejects.toThrow(
    `ARCHIVE_INVALID: expected files of an export, got ${JSON.stringify(name)}`,
  )
})

test('links, folders and devices are refused', async () => {
  for (const type of ['1', '2', '3', '5', 'x', 'L'])
    await expect(unpack(forge(header => header.write(type, 156)))).rejects.toThrow('expected a plain file')
})

test('a file that says it is larger than the bound is refused before it is read', async () => {
  const large = forge(header => header.write('77777777777', 124))
  await expect(unpack(large)).rejects.toThrow('tenant.yaml: expected at most 1000 bytes, got 8589934591')
})

test('more files than the bound are refused', async () => {
  const file = packFile(TENANT, 0)
  await expect(unpack(file, file, file)).rejects.toThrow('expected at most 2 files, got more')
})

test('an archive that was cut short, and bytes that are none, are told apart', async () => {
  await expect(unpack(packFile(TENANT, 0).subarray(0, 600))).rejects.toThrow('its end is missing')
  await expect(unpack(packFile(TENANT, 0))).rejects.toThrow('its end is missing')
  await expect(unpack(Buffer.alloc(512, 'x'))).rejects.toThrow('expected a tar archive')
})
