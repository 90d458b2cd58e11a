/** The built command line as its own process: what it printed, and its exit code. */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** The folder that it runs in; the checkout unless told otherwise. */
  readonly cwd?: string
  readonly environment?: Readonly<Record<string, string>>
  /** What it reads from standard input. */
  readonly input?: string
}

const CHECKOUT = join(import.meta.dirname, '../..')
const MAIN = join(CHECKOUT, 'dist/main.js')
const RUN_MS_MAX = 30_000

/** Builds the agent where that was not done before. */
export function ensureBuilt(): void {
  if (!existsSync(MAIN)) execFileSync('npm', ['run', '--silent', 'build'], { cwd: CHECKOUT })
}

/** Runs a verb to its end. Variables that configure the test run are not meant for it. */
export function runTromost(
  args: readonly string[],
  { cwd = CHECKOUT, environment = {}, input = '' }: RunOptions = {},
): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TROMOST_') && name !== 'NODE_OPTIONS',
  )
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: RUN_MS_MAX,
  })
  child.stdin.on('error', () => {}).end(input)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => resolve({ code, stdout, stderr }))
  })
}
