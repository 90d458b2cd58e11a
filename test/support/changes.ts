/** Changes of what is provisioned in a running agent that was started with `CHANGES_PORT`. */
import { join } from 'node:path'
import type { Edit, Place, Provisioned, ShownSecret } from '../../src/provisioning/provisioning.ts'
import type { AgentProcess } from './agent-process.ts'

/** Arguments of Node.js for the agent. */
export const CHANGES_PORT = ['--import', join(import.meta.dirname, 'changes-port.mjs')]

export interface MadeChange {
  readonly changes: readonly { readonly before?: Provisioned; readonly after?: Provisioned }[]
  readonly secrets: readonly ShownSecret[]
}

/** Made as a whole; throws with the reasons where it is refused. */
export async function change(agent: AgentProcess, ...edits: readonly Edit[]): Promise<MadeChange> {
  const answer = (await post(agent, { edits })) as MadeChange & { readonly refusals?: unknown }
  if (answer.refusals !== undefined) throw new Error(JSON.stringify(answer.refusals))
  return answer
}

/** Why it is refused: each as `CODE problem`. */
export async function refuse(agent: AgentProcess, ...edits: readonly Edit[]): Promise<readonly string[]> {
  const { refusals = [] } = (await post(agent, { edits })) as {
    readonly refusals?: readonly {
      readonly code: string
      readonly faults: readonly { readonly problem: string }[]
    }[]
  }
  return refusals.flatMap(({ code, faults }) => faults.map(({ problem }) => `${code} ${problem}`))
}

export async function getProvisioned(agent: AgentProcess, place: Place): Promise<Provisioned | null> {
  return (await post(agent, { get: place })) as Provisioned | null
}

async function post(agent: AgentProcess, body: unknown): Promise<unknown> {
  const told = agent.logs.filter(({ kind }) => kind === 'changes').at(-1)
  const response = await fetch(`http://127.0.0.1:${told?.['port']}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(answer))
  return answer
}
