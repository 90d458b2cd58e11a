/** What runs by the clock. Retries, batches and keep-alives are not here: they follow events, not the time of day. */
import cron, { type Logger } from 'node-cron'

export interface Job {
  readonly name: string
  /** Five or six fields, as cron has them. */
  readonly schedule: string
  run(): Promise<void>
}

export interface Jobs {
  close(): Promise<void>
}

/** What a job comes to is told by `onFailed`; node-cron's own lines would stand between those of the log. */
const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Starts all jobs. One that is still running is not started a second time; one that fails is reported and runs again next time. */
export function startJobs(jobs: readonly Job[], onFailed: (name: string, error: unknown) => void): Jobs {
  const tasks = jobs.map(({ name, schedule, run }) =>
    cron.schedule(schedule, () => run().catch((error: unknown) => onFailed(name, error)), {
      name,
      noOverlap: true,
      logger: SILENT,
    }),
  )
  return {
    close: async () => {
      for (const task of tasks) await task.destroy()
    },
  }
}
