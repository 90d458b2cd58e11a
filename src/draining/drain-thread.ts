/** The draining thread, as the main thread talks to it: its wires lead to draining.ts only. */
import { parentPort, workerData } from 'node:worker_threads'
import { getMessage } from '../errors.ts'
import { Drain } from './drain.ts'
import type { DrainPlan, DrainRequest } from './protocol.ts'

/** Entities wait as small buffers; the default pool would be used up by every twelve of them. */
Buffer.poolSize = 256 * 1024

const drain = new Drain(takePlan(), told => parentPort?.postMessage(told))
await drain.openLanes()

parentPort?.on('message', async (request: DrainRequest) => {
  if (request.kind === 'announce') {
    drain.announce(request.tenant, request.head)
    return
  }
  try {
    const value = await drain.answers[request.question](request.argument as never)
    parentPort?.postMessage({ kind: 'answer', id: request.id, value })
  } catch (error) {
    parentPort?.postMessage({ kind: 'answer', id: request.id, error: getMessage(error) })
  }
})
parentPort?.postMessage({ kind: 'ready' })

/** What came of the registry is needed by nobody else, and would be kept for as long as the thread lives. */
function takePlan(): DrainPlan {
  const plan = { ...workerData }
  Object.assign(workerData, { registry: undefined })
  return plan
}
