/** What most modes need: an agent with its folder, a load generator and a stub broker, and what ends them all. */
import { AgentFolder, toConfig, toProvision } from './agent-server.mjs'
import { Child } from './child.mjs'
import { toClients } from './shapes.mjs'

class BenchTown {
  load = new Child(new URL('load-generator.mjs', import.meta.url))
  broker = new Child(new URL('stub-broker.mjs', import.meta.url))
  agent
  logins
  #folder
  #next = 0

  /** Starts the agent; nobody is connected yet. @param {{ clientCount: number, devicesPerClient: number, publish?: readonly string[], limits?: object, others?: readonly object[] }} shape */
  static async start(shape) {
    const town = new BenchTown()
    try {
      const { port } = await town.broker.ask('listen', {})
      town.logins = toClients(shape).map(login => ({ ...login, publish: shape.publish }))
      town.#folder = new AgentFolder(
        toConfig({ main: port }, shape.limits),
        toProvision({ bench: { logins: [...town.logins, ...(shape.others ?? [])], destination: 'main' } }),
      )
      town.agent = await town.#folder.start()
      return town
    } catch (error) {
      await town.stop()
      throw error
    }
  }

  connect(inFlight) {
    return this.load.ask('connect', { port: this.agent.port, logins: this.logins, qos: 1, inFlight })
  }

  /** Gives when each reading was sent and acknowledged, in milliseconds; unless nobody is to wait for them, all have arrived at the broker then. */
  async send(count, { rate, isAwaited = true } = {}) {
    const range = { first: this.#next, count, qos: 1, isPaced: false, window: 0, rate }
    this.#next += count
    if (isAwaited) await this.broker.ask('expect', range)
    const arrival = isAwaited ? this.broker.ask('collect') : undefined
    const [times] = await Promise.all([this.load.ask('send', range), arrival])
    return times
  }

  async stop() {
    this.load.stop()
    this.broker.stop()
    await this.agent?.kill()
    this.#folder?.remove()
  }
}

/** Runs a measurement in a town of its own. */
export async function inTown(shape, measure) {
  const town = await BenchTown.start(shape)
  try {
    return await measure(town)
  } finally {
    await town.stop()
  }
}
