/** The thread that a draft is tried in: started for one job, and ended with it. */
import { parentPort, workerData } from 'node:worker_threads'
import { carryOutDraftJob, type DraftJob } from './draft.ts'

parentPort?.postMessage(await carryOutDraftJob(workerData as DraftJob))
