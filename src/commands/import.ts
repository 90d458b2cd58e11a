/** `tromost import`: a tenant that another agent has exported, with what was taken, what not, and what is left to do. */
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { getMessage } from '../errors.ts'
import { isFileName, MANIFEST } from '../transfer/archive-format.ts'
import { packEnd, packFile } from '../transfer/tar.ts'
import type { AgentAddress } from './agent-client.ts'
import { askForStream, readText } from './archive-client.ts'
import { WRONG_USE } from './report-error.ts'

export interface ImportOptions extends AgentAddress {
  readonly dryRun: boolean
  readonly newPasswords: boolean
  readonly replace: boolean
  readonly json: boolean
}

const reportSchema = z.object({
  dryRun: z.boolean(),
  tenant: z.string(),
  counts: z.record(z.string(), z.object({ taken: z.number(), known: z.number(), left: z.number() })),
  left: z.array(z.object({ what: z.string(), why: z.string() })),
  more: z.number(),
  passwords: z.array(z.object({ kind: z.string(), id: z.string(), password: z.string() })),
})

export async function runImport(path: string, options: ImportOptions): Promise<void> {
  const body = open(path)
  if (body === undefined) return
  const { dryRun, newPasswords, replace } = options
  const query = { dryRun: String(dryRun), newPasswords: String(newPasswords), replace: String(replace) }
  const answer = await askForStream(options, { method: 'post', path: 'import', query, body })
  if (answer === undefined) return
  const report = reportSchema.parse(JSON.parse(await readText(answer)))
  if (options.json) console.log(JSON.stringify(report))
  else print(report)
}

/** A folder is sent as the archive that it was; other files in it are left where they are. */
function open(path: string): Readable | undefined {
  try {
    if (statSync(path).isDirectory()) statSync(join(path, MANIFEST))
    return statSync(path).isDirectory()
      ? Readable.from(packFolder(path), { objectMode: false })
      : createReadStream(path)
  } catch (error) {
    process.exitCode = WRONG_USE
    console.error(`${path}: expected an export: ${getMessage(error)}`)
    return undefined
  }
}

function* packFolder(folder: string): Generator<Buffer> {
  const names = readdirSync(folder).filter(name => isFileName(name) && name !== MANIFEST)
  const now = Date.now()
  for (const name of [...names.sort(), MANIFEST])
    yield packFile({ name, bytes: readFileSync(join(folder, name)) }, now)
  yield packEnd()
}

function print({ dryRun, tenant, counts, left, more, passwords }: z.output<typeof reportSchema>): void {
  console.log(`${tenant}${dryRun ? ': nothing was taken yet' : ''}`)
  for (const [what, { taken, known, left: others }] of Object.entries(counts)) {
    const words = [
      `${taken} ${dryRun ? 'would be taken' : 'taken'}`,
      ...(known > 0 ? [`${known} there already`] : []),
      ...(others > 0 ? [`${others} left`] : []),
    ]
    console.log(`  ${what}: ${words.join(', ')}`)
  }
  for (const { what, why } of left) console.log(`left: ${what}: ${why}`)
  if (more > 0) console.log(`left: ${more} more`)
  for (const { kind, id, password } of passwords) console.log(`password of ${kind} ${id}: ${password}`)
}
