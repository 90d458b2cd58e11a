/** The built agent as its own process: started, asked, killed, started again on the same data and ports. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { AgentFolder } from './agent-folder.ts'
import { type Balance, checkBalance } from './balance.ts'
import { until } from './until.ts'

export type LogLine = Readonly<Record<string, unknown>>

export interface Exit {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const MAIN = join(import.meta.dirname, '../../dist/main.js')
const START_MS_MAX = 20_000
const EXIT_MS_MAX = 20_000

// A failed test must not leave agents behind.
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export class AgentProcess {
  readonly logs: LogLine[] = []
  readonly #folder: AgentFolder
  readonly #config: Readonly<Record<string, unknown>>
  readonly #nodeArguments: readonly string[]
  readonly #prefix: readonly string[]
  readonly #ports = new Map<string, number>()
  #child: ChildProcess | undefined
  #exit: Promise<Exit> | undefined
  #exited: Exit | undefined

  private constructor(
    folder: AgentFolder,
    config: Readonly<Record<string, unknown>>,
    nodeArguments: readonly string[],
    prefix: readonly string[],
  ) {
    this.#folder = folder
    this.#config = config
    this.#nodeArguments = nodeArguments
    this.#prefix = prefix
  }

  /**
   * Starts an agent with a provisioning file that the folder already has; resolves when it says that it is ready. `prefix` is a
   * command that becomes the agent.
   */
  static async start(
    folder: AgentFolder,
    config: Readonly<Record<string, unknown>>,
    nodeArguments: readonly string[] = [],
    prefix: readonly string[] = [],
  ): Promise<AgentProcess> {
    const agent = new AgentProcess(folder, config, nodeArguments, prefix)
    folder.writeConfig(config)
    try {
      await agent.#start()
      return agent
    } catch (error) {
      await agent.kill9()
      throw error
    }
  }

  get pid(): number {
    const pid = this.#child?.pid
    if (pid === undefined) throw new Error('expected an agent that was started')
    return pid
  }

  /** Whether it has ended, by itself or because it was told to. */
  get hasEnded(): boolean {
    return this.#exited !== undefined
  }

  get mqttUrl(): string {
    return `mqtt://127.0.0.1:${this.#port('tcp')}`
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port('ws')}`
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port('http')}`
  }

  /** Where measures are sent to over HTTP. */
  get measuresUrl(): string {
    return `http://127.0.0.1:${this.#port('measures')}`
  }

  /** What the log says once of the administrator token. */
  get token(): string {
    return String(this.logs.find(line => 'token' in line)?.['token'])
  }

  /** Answers of the HTTP port: status and parsed body. */
  async get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.httpUrl}${path}`)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }

  /** The balance of one lane. It must hold at every moment, so every look at it is a check. */
  async getBalance(tenant: string, destination = 'main'): Promise<Balance> {
    const { body } = await this.get('/api/v1/balance')
    const told = this.logs.find(({ code }) => code === 'BALANCE_BROKEN')
    if (told !== undefined) throw new Error(`expected the agent to find no fault, got ${told['detail']}`)
    return checkBalance(body, tenant, destination)
  }

  /** Resolves when nothing waits any more. */
  async settled(tenant: string, timeoutMs = 30_000): Promise<Balance> {
    let balance = await this.getBalance(tenant)
    const isSettled = async () => {
      balance = await this.getBalance(tenant)
      return balance.waiting === 0
    }
    await until('nothing waits', isSettled, { timeoutMs, explain: () => balance })
    return balance
  }

  async kill9(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exit
  }

  /** Asks it to stop, and gives what it left. */
  async stop(): Promise<Exit> {
    this.#child?.kill('SIGTERM')
    return this.ended()
  }

  /** Waits for its end, and gives what it left. */
  async ended(): Promise<Exit> {
    const exit = this.#exit
    if (exit === undefined) throw new Error('expected an agent that was started')
    await until('the agent ends', () => this.#exited !== undefined, { timeoutMs: EXIT_MS_MAX })
    return exit
  }

  /**
   * Starts again on the same data folder, after kill9 or stop; with a changed configuration if asked. On the same ports, unless another
   * process of the machine has taken one meanwhile.
   */
  async restart(change: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const start = (getPort: (kind: string) => number) => {
      this.#folder.writeConfig({ ...this.#config, ...this.#toListeners(getPort), ...change })
      return this.#start()
    }
    await start(kind => this.#port(kind)).catch(error => {
      if (!String(error).includes('EADDRINUSE')) throw error
      return start(() => 0)
    })
  }

  #toListeners(getPort: (kind: string) => number) {
    return {
      mqtt: {
        listeners: [
          { kind: 'tcp', port: getPort('tcp') },
          { kind: 'ws', port: getPort('ws') },
        ],
      },
      http: { port: getPort('http') },
      ...(this.#ports.has('measures') && { measures: { port: getPort('measures') } }),
    }
  }

  async #start(): Promise<void> {
    const child = spawnAgent(this.#folder, this.#nodeArguments, this.#prefix)
    const firstLine = this.logs.length
    this.#child = child
    this.#exited = undefined
    this.#exit = collectExit(child, line => this.#takeLog(line)).then(exit => {
      this.#exited = exit
      return exit
    })
    const isReadyOrGone = () =>
      this.#exited !== undefined || this.logs.slice(firstLine).some(({ msg }) => msg === 'ready')
    await until('the agent is ready', isReadyOrGone, {
      timeoutMs: START_MS_MAX,
      explain: () => this.logs.slice(firstLine),
    })
    const exit = this.#getExit()
    if (exit !== undefined) throw new Error(`The agent did not start: ${exit.stderr}`)
  }

  #getExit(): Exit | undefined {
    return this.#exited
  }

  #takeLog(line: string): void {
    const log: LogLine = parseLog(line)
    this.logs.push(log)
    const { msg, listener, kind, port } = log
    const name = listener === 'measures' ? listener : kind
    if (msg === 'listening' && typeof port === 'number') this.#ports.set(String(name), port)
  }

  #port(kind: string): number {
    const port = this.#ports.get(kind)
    if (port === undefined) throw new Error(`expected a log line for the listener ${kind}, got none`)
    return port
  }
}

/** Runs an agent that is not expected to stay: gives its exit code and everything that it printed. */
export async function runToExit(folder: AgentFolder): Promise<Exit> {
  const child = spawnAgent(folder)
  const timer = setTimeout(() => child.kill('SIGKILL'), EXIT_MS_MAX)
  const exit = await collectExit(child, () => undefined)
  clearTimeout(timer)
  return exit
}

function spawnAgent(
  folder: AgentFolder,
  nodeArguments: readonly string[] = [],
  prefix: readonly string[] = [],
): ChildProcess {
  // The agent takes TROMOST_ variables as configuration: those of the test run are not meant for it.
  const environment = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('TROMOST_') && name !== 'NODE_OPTIONS',
  )
  const command = [...prefix, process.execPath, ...nodeArguments, MAIN, 'start', '--config', 'tromost.yaml']
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: folder.path,
    env: Object.fromEntries(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  return child
}

function collectExit(child: ChildProcess, takeLine: (line: string) => void): Promise<Exit> {
  let stdout = ''
  let stderr = ''
  const { stdout: output, stderr: errors } = child
  if (output === null || errors === null) throw new Error('expected pipes to the agent')
  createInterface({ input: output }).on('line', line => {
    stdout += `${line}\n`
    takeLine(line)
  })
  errors.setEncoding('utf8').on('data', text => {
    stderr += text
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', code => {
      running.delete(child)
      resolve({ code, stdout, stderr })
    })
  })
}

function parseLog(line: string): LogLine {
  try {
    return JSON.parse(line)
  } catch {
    return { msg: line }
  }
}
