/** A codec thread: answers one batch at a time, and always says in the shared number which call it is at. */
import { parentPort, workerData } from 'node:worker_threads'
import type { Answer } from './answer.ts'
import { type BatchCall, type BatchReply, RESTING, type ThreadPlan, toProgress } from './batch.ts'
import { CodecEngine } from './codec-engine.ts'

const plan = workerData as ThreadPlan
const progress = new Int32Array(plan.progress)
const engine = await CodecEngine.open(plan.limits)

parentPort?.on('message', (batch: string) => {
  const reply = answerBatch(JSON.parse(batch) as readonly BatchCall[])
  Atomics.store(progress, 0, RESTING)
  parentPort?.postMessage(JSON.stringify(reply))
})
// The first message of a thread says that it is ready.
parentPort?.postMessage('')

/** Ends early when the engine traps or its memory is used up: it is not to be trusted with another call then. */
function answerBatch(calls: readonly BatchCall[]): BatchReply {
  const answers: Answer[] = []
  for (const [index, call] of calls.entries()) {
    try {
      const answer = answerCall(call, index)
      if ('limit' in answer && answer.limit === 'memory')
        return { answers, stopped: { index, limit: 'memory' } }
      answers.push(answer)
    } catch (error) {
      // The stack of the thread is used up, or the engine did not get memory for itself.
      return { answers, stopped: { index, limit: error instanceof RangeError ? 'stack' : 'memory' } }
    }
  }
  return { answers }
}

function answerCall({ codec, source, input }: BatchCall, index: number): Answer {
  if (source !== undefined) engine.setSource(codec, source)
  Atomics.store(progress, 0, toProgress(index, true))
  engine.load(codec)
  Atomics.store(progress, 0, toProgress(index, false))
  return engine.decode(codec, input)
}
