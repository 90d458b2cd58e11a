/**
 * Whether the journal can still be used. LMDB gives up for good when the write of one of its first two pages fails: from then on
 * commits never end, until it is opened anew.
 */
import type { Logger } from 'pino'
import { getMessage } from '../errors.ts'
import type { Engine } from '../journal/engine.ts'
import { FAULTS_FOUND } from './report-error.ts'

const GIVEN_UP = /MDB_PANIC/

/** Ends the process where it cannot: what was acknowledged is on disk, and whoever supervises the agent starts it again. */
export async function endIfBroken(engine: Engine, log: Logger): Promise<void> {
  const detail = await engine.get('heads', ['']).then(
    () => '',
    (error: unknown) => getMessage(error),
  )
  if (!GIVEN_UP.test(detail)) return
  log.fatal({ detail, msg: 'the journal has to be opened anew: the agent ends, and is to be started again' })
  process.exit(FAULTS_FOUND)
}
