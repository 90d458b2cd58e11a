/** A pool for tests. Its threads run the built code, because a worker cannot load TypeScript. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll } from '@jest/globals'
import { CODEC_LIMITS, type CodecInput, type CodecLimits } from '../../src/decode/sandbox/codec.ts'
import { CodecPool, type PoolOptions } from '../../src/decode/sandbox/codec-pool.ts'

const ROOT = join(import.meta.dirname, '../..')
const SOURCES = join(ROOT, 'src/decode/sandbox')
const THREAD = join(ROOT, 'dist/decode/sandbox/codec-thread.js')

/** An uplink of a sensor that sends its temperature in tenths. */
export const UPLINK: CodecInput = {
  bytes: Buffer.from([0x00, 0xe2, 0x29]),
  fPort: 2,
  recvTime: '2026-01-15T09:00:00.000Z',
  variables: { offset: '1' },
}

export const HEALTHY = {
  id: 'healthy',
  source: 'function decodeUplink(input) { return { data: { humidity: input.bytes[2] } } }',
}

// A test that fails must not leave threads behind: nothing would end while they live.
const opened: CodecPool[] = []
afterAll(async () => {
  for (const pool of opened) await pool.close()
})

export async function openPool(
  limits: Partial<CodecLimits> = {},
  threads = 1,
  options: Pick<PoolOptions, 'onTrouble'> = {},
): Promise<CodecPool> {
  if (!isBuilt()) execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'ignore' })
  const pool = await CodecPool.open({
    ...options,
    threads,
    limits: { ...CODEC_LIMITS, ...limits },
    threadUrl: pathToFileURL(THREAD),
  })
  opened.push(pool)
  return pool
}

/** What came of a call: its data, or the detail of its error. */
export async function settle(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    return error instanceof Error ? error.message : error
  }
}

/** Runs a script once, under an id of its own. */
export function run(pool: CodecPool, source: string, input: Partial<CodecInput> = {}): Promise<unknown> {
  return settle(pool.decode({ id: 'tested', source }, { ...UPLINK, ...input }))
}

function isBuilt(): boolean {
  if (!existsSync(THREAD)) return false
  const built = statSync(THREAD).mtimeMs
  return readdirSync(SOURCES).every(name => {
    const compiled = join(THREAD, '..', name.replace(/\.ts$/, '.js'))
    const changed = statSync(join(SOURCES, name)).mtimeMs
    return existsSync(compiled) && (changed <= built || changed <= statSync(compiled).mtimeMs)
  })
}
