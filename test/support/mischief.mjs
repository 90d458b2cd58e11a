/** For --import: on SIGUSR2 the main thread of the agent does what the file `mischief` says. */
import { readFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const BLOCKED_MS = 3_000
/** Whatever is thrown need not be an error. */
const nothing = undefined

const KINDS = {
  throw: () =>
    setImmediate(() => {
      throw nothing
    }),
  reject: () => {
    void Promise.reject(new Error('rejected on purpose'))
  },
  block: () => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS)
  },
  eatMemory: () => {
    const eaten = []
    for (;;) eaten.push(Array.from({ length: 10_000 }, (_, at) => `${at}`))
  },
}

if (isMainThread) process.on('SIGUSR2', () => KINDS[readFileSync('mischief', 'utf8')]())
