import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { readArchive, readLines } from '../../src/transfer/archive-reader.ts'
import { ArchiveWriter } from '../../src/transfer/archive-writer.ts'

const AGENT = { version: '0.1.0', instance: '0'.repeat(32) }
const LINE = { device: 'a', topic: 'tromost/a/up', qos: 1 as const, payload: 'AP8=' }

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tromost-archive-'))
  path = join(folder, 'x.tar')
})

afterEach(() => rmSync(folder, { recursive: true }))

async function write(lines: readonly (typeof LINE)[] = [LINE]): Promise<Buffer> {
  const writer = new ArchiveWriter({ agent: AGENT, tenant: 'kranj', now: 0 })
  const parts = [writer.document('tenant.yaml', 'id: kranj\n'), writer.document('destinations.yaml', '[]\n')]
  parts.push(writer.document('profile.a-b.yaml', 'id: a-b\n'))
  for await (const part of writer.list('retained', lines)) parts.push(part)
  const archive = Buffer.concat([...parts, writer.end()])
  writeFileSync(path, archive)
  return archive
}

function replace(archive: Buffer, text: string, by: string): void {
  archive.write(by, archive.indexOf(text))
  writeFileSync(path, archive)
}

test('what is written is read, and held against the manifest', async () => {
  await write()
  const { manifest, tenant, destinations, profiles } = await readArchive(path)
  expect([tenant, destinations, [...profiles]]).toEqual([{ id: 'kranj' }, [], [['a-b', 'id: a-b\n']]])
  expect(manifest.files.map(({ name, bytes, records }) => `${name} ${bytes} ${records}`)).toEqual([
    ...['tenant.yaml 10 1', 'destinations.yaml 3 1', 'profile.a-b.yaml 8 1'],
    'retained-00001.ndjson 63 1',
  ])
  const lines: unknown[] = []
  for await (const line of readLines(path, 'retained')) lines.push(line)
  expect(lines).toEqual([LINE])
})

test('a long list goes on in the next file', async () => {
  const payload = Buffer.alloc(3_000_000).toString('base64')
  await write([LINE, { ...LINE, payload }, { ...LINE, payload }])
  const { manifest } = await readArchive(path)
  expect(manifest.files.slice(3).map(({ name, records }) => `${name} ${records}`)).toEqual([
    ...['retained-00001.ndjson 2', 'retained-00002.ndjson 1'],
  ])
})

test('a byte that was changed shows, with the file that has it', async () => {
  replace(await write(), 'id: kranj', 'id: kamnk')
  await expect(readArchive(path)).rejects.toThrow(
    /^ARCHIVE_INVALID: tenant\.yaml: expected SHA-256 .*: it was changed$/,
  )
})

test('a manifest that was made to fit less shows what it leaves out', async () => {
  replace(await write(), '"profile.a-b.yaml"', '"profile.a-c.yaml"')
  await expect(readArchive(path)).rejects.toThrow(
    'profile.a-c.yaml: expected it as manifest.json says, got none',
  )
})

test('a line that is not of its form is refused before anything is taken', async () => {
  replace(await write(), '"qos":1', '"qos":7')
  await expect(readArchive(path)).rejects.toThrow('ARCHIVE_INVALID: retained-00001.ndjson: line 1: qos:')
})

test('a later format is refused as such', async () => {
  replace(await write(), '"version": 1', '"version": 9')
  await expect(readArchive(path)).rejects.toThrow('ARCHIVE_NEWER: expected format 1 or older, got 9')
})
