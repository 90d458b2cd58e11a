/** `tromost export`: everything of one tenant, as a tar file or as a folder of the files in it. */
import { createWriteStream, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getMessage } from '../errors.ts'
import { FILE_BYTES_MAX, FILES_MAX, isFileName, MANIFEST } from '../transfer/archive-format.ts'
import { readArchive } from '../transfer/archive-reader.ts'
import { unpackFiles } from '../transfer/tar.ts'
import type { AgentAddress } from './agent-client.ts'
import { askForStream } from './archive-client.ts'
import { FAULTS_FOUND } from './report-error.ts'

export interface ExportOptions extends AgentAddress {
  readonly tenant: string
  readonly output?: string
  readonly json: boolean
}

const BOUNDS = { isName: isFileName, fileBytesMax: FILE_BYTES_MAX, filesMax: FILES_MAX }

/** What is not whole is not left behind under its name. */
export async function runExport(options: ExportOptions): Promise<void> {
  const { tenant, output = `${tenant}-${new Date().toISOString().slice(0, 10)}.tar` } = options
  const archive = await askForStream(options, { method: 'get', path: 'export', query: { tenant } })
  if (archive === undefined) return
  const part = `${output}.part`
  try {
    const records = output.endsWith('.tar') ? await toFile(archive, part) : await toFolder(archive, part)
    renameSync(part, output)
    console.log(
      options.json
        ? JSON.stringify({ tenant, output, records })
        : `${tenant} is in ${output}: ${records} records`,
    )
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    process.exitCode = FAULTS_FOUND
    console.error(`${output}: the export is not whole: ${getMessage(error)}`)
  }
}

/** Read once more, so that what is told to be there is there. */
async function toFile(archive: Readable, path: string): Promise<number> {
  await pipeline(archive, createWriteStream(path, { mode: 0o600 }))
  const { manifest } = await readArchive(path)
  return manifest.files.reduce((sum, { records }) => sum + records, 0)
}

async function toFolder(archive: Readable, folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  let manifest: { readonly files: readonly { readonly records: number }[] } | undefined
  for await (const { name, bytes } of unpackFiles(archive, BOUNDS)) {
    writeFileSync(join(folder, name), bytes, { mode: 0o600 })
    if (name === MANIFEST) manifest = JSON.parse(bytes.toString())
  }
  if (manifest === undefined) throw new Error(`expected ${MANIFEST}, got none`)
  return manifest.files.reduce((sum, { records }) => sum + records, 0)
}
