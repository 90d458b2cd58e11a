/** The thread of shadow runs. It has no way to the journal or to a destination: whatever happens here, delivery does not notice. */
import { parentPort, workerData } from 'node:worker_threads'
import { CODEC_LIMITS } from '../decode/sandbox/codec.ts'
import { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { type CheckEntity, createCheckEntity } from '../validation/check-entity.ts'
import { getEntityTypes, loadModelSchemas } from '../validation/model-schemas.ts'
import {
  createNoFindings,
  type ShadowAnswer,
  type ShadowMessage,
  type ShadowPlan,
  type ShadowRequest,
  type ShadowValidation,
} from './shadow-plan.ts'
import { ShadowRun } from './shadow-run.ts'

const validation = workerData as ShadowValidation
/** Its own thread starts with the first message that is for a script. */
const codecs = new CodecPool({ threads: 1, limits: CODEC_LIMITS })
let runs: ReadonlyMap<string, ShadowRun> = new Map()
let last: Promise<void> = Promise.resolve()

parentPort?.on('message', (request: ShadowRequest) => {
  if (request.kind === 'report') {
    const findings = Object.fromEntries([...runs].map(([key, run]) => [key, run.findings]))
    answer({ kind: 'report', id: request.id, findings })
    return
  }
  last = last.then(() => (request.kind === 'use' ? use(request) : take(request.messages)))
})

function use({ plans, births, known }: Extract<ShadowRequest, { kind: 'use' }>): void {
  const surroundings = { codecs, births, check: createCheck(plans) }
  const open = (plan: ShadowPlan) =>
    runs.get(plan.key) ?? new ShadowRun(plan, surroundings, known[plan.key] ?? createNoFindings(Date.now()))
  runs = new Map(plans.map(plan => [plan.key, open(plan)]))
}

async function take(messages: readonly ShadowMessage[]): Promise<void> {
  for (const message of messages) await runs.get(message.run)?.take(message)
  answer({ kind: 'taken', messages: messages.length })
}

function answer(told: ShadowAnswer): void {
  parentPort?.postMessage(told)
}

function createCheck(plans: readonly ShadowPlan[]): CheckEntity | undefined {
  if (validation.mode !== 'quarantine') return undefined
  const types = getEntityTypes(plans.flatMap(({ active, shadow }) => [active.profile, shadow.profile]))
  const schemas = loadModelSchemas(validation.folder, types)
  return schemas.faults === undefined ? createCheckEntity('quarantine', schemas.value, () => {}) : undefined
}
