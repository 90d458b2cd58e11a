/** The end of an agent that meets a fault nobody expected: it says which, keeps what it can, and leaves the rest to whoever starts it again. */
import type { Logger } from 'pino'
import { ERRORS, getMessage } from '../errors.ts'

const FAULT_MET = 4

/** What was acknowledged is on disk in any case; the rest of the stop is worth no more than this. */
const STOP_MS_MAX = 10_000

/** Also for promises whose rejection nobody heard: Node.js makes one of the other. */
export function endOnFault(stop: () => Promise<void>, log: Logger): void {
  let isEnding = false
  process.on('uncaughtException', (error: unknown, origin) => {
    const detail = `${origin}: ${getMessage(error)}`
    const stack = error instanceof Error ? error.stack : undefined
    log.fatal({ code: 'AGENT_FAULT', detail, stack, msg: ERRORS.AGENT_FAULT.message })
    const end = () => process.exit(FAULT_MET)
    if (isEnding) end()
    isEnding = true
    setTimeout(end, STOP_MS_MAX)
    void stop().then(end, end)
  })
}
