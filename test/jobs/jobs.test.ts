import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { type Job, type Jobs, startJobs } from '../../src/jobs/jobs.ts'

/** Ten seconds before a full minute. */
const NOW = new Date(2026, 0, 15, 9, 29, 50)
const MINUTE_MS = 60_000

let jobs: Jobs
let failures: { readonly name: string; readonly error: unknown }[]

beforeEach(() => {
  jest.useFakeTimers({ now: NOW })
  failures = []
})

afterEach(async () => {
  await jobs.close()
  jest.useRealTimers()
})

function start(...list: readonly Job[]): void {
  jobs = startJobs(list, (name, error) => failures.push({ name, error }))
}

describe('a job', () => {
  test('runs when the clock says so, and not before', async () => {
    const runs: string[] = []
    start(
      { name: 'each minute', schedule: '* * * * *', run: async () => void runs.push('minute') },
      { name: 'half past nine', schedule: '30 9 * * *', run: async () => void runs.push('half past nine') },
    )
    await jest.advanceTimersByTimeAsync(9_000)
    expect(runs).toEqual([])
    await jest.advanceTimersByTimeAsync(2_000)
    expect(runs.toSorted()).toEqual(['half past nine', 'minute'])
    await jest.advanceTimersByTimeAsync(2 * MINUTE_MS)
    expect(runs.filter(run => run === 'minute')).toHaveLength(3)
    expect(runs.filter(run => run === 'half past nine')).toHaveLength(1)
  })

  test('that fails is reported by its name, and runs again next time', async () => {
    let runs = 0
    const error = new Error('the disk is full')
    const run = async () => {
      runs += 1
      if (runs < 3) throw error
    }
    start({ name: 'retention', schedule: '* * * * *', run })
    await jest.advanceTimersByTimeAsync(4 * MINUTE_MS)
    expect(runs).toBe(4)
    expect(failures).toEqual([
      { name: 'retention', error },
      { name: 'retention', error },
    ])
  })

  test('that fails does not keep the others from running', async () => {
    let runs = 0
    start(
      { name: 'broken', schedule: '* * * * *', run: () => Promise.reject(new Error('broken')) },
      {
        name: 'sound',
        schedule: '* * * * *',
        run: async () => {
          runs += 1
        },
      },
    )
    await jest.advanceTimersByTimeAsync(2 * MINUTE_MS)
    expect(runs).toBe(2)
    expect(failures.map(({ name }) => name)).toEqual(['broken', 'broken'])
  })

  test('that is still running is not started a second time, and nothing is printed beside the log', async () => {
    const printed = (['log', 'info', 'warn', 'error'] as const).map(method => jest.spyOn(console, method))
    const finish: (() => void)[] = []
    const run = () => new Promise<void>(resolve => finish.push(resolve))
    start({ name: 'slow', schedule: '* * * * *', run })
    await jest.advanceTimersByTimeAsync(3 * MINUTE_MS)
    expect(finish).toHaveLength(1)
    finish[0]?.()
    await jest.advanceTimersByTimeAsync(MINUTE_MS)
    expect(finish).toHaveLength(2)
    expect(failures).toEqual([])
    expect(printed.flatMap(spy => spy.mock.calls)).toEqual([])
    jest.restoreAllMocks()
  })

  test('runs no more once jobs are closed', async () => {
    let runs = 0
    start({
      name: 'counted',
      schedule: '* * * * *',
      run: async () => {
        runs += 1
      },
    })
    await jest.advanceTimersByTimeAsync(MINUTE_MS)
    await jobs.close()
    await jest.advanceTimersByTimeAsync(3 * MINUTE_MS)
    expect(runs).toBe(1)
  })
})
