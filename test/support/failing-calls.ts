/** Calls of the system that fail beneath a running process, by strace. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until.ts'

const INSTALL_MS_MAX = 120_000

export class FailingCalls {
  readonly #tracer: ChildProcess
  readonly #folder: string

  private constructor(tracer: ChildProcess, folder: string) {
    this.#tracer = tracer
    this.#folder = folder
  }

  /** From now on this call fails in all threads of the process. Nothing where there is no strace, or no right to use it. */
  static async attach(pid: number, call: string, error: string): Promise<FailingCalls | undefined> {
    if (!hasStrace()) return undefined
    const folder = mkdtempSync(join(tmpdir(), 'tromost-strace-'))
    const log = ['-f', '-o', join(folder, 'calls')]
    const fault = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}`]
    const tracer = spawn('strace', [...log, ...fault, '-p', `${pid}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let told = ''
    tracer.stderr.setEncoding('utf8').on('data', text => {
      told += text
    })
    await until('strace is attached, or is not allowed to', () => /attached|not permitted/.test(told), {
      explain: () => told,
    })
    const calls = new FailingCalls(tracer, folder)
    if (told.includes('attached')) return calls
    await calls.detach()
    return undefined
  }

  get count(): number {
    return readFileSync(join(this.#folder, 'calls'), 'utf8').split('(INJECTED)').length - 1
  }

  /** From then on calls succeed again. */
  async detach(): Promise<void> {
    this.#tracer.kill('SIGINT')
    await until('strace is gone', () => this.#tracer.exitCode !== null || this.#tracer.signalCode !== null)
    rmSync(this.#folder, { recursive: true })
  }
}

/** Installs it where that is allowed. */
function hasStrace(): boolean {
  if (spawnSync('strace', ['-V']).status === 0) return true
  spawnSync('apt-get', ['install', '--yes', 'strace'], { timeout: INSTALL_MS_MAX })
  return spawnSync('strace', ['-V']).status === 0
}
