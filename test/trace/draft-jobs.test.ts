import { expect, test } from '@jest/globals'
import type { DraftJob } from '../../src/trace/draft.ts'
import { DraftJobs } from '../../src/trace/draft-jobs.ts'

// Nothing of it is looked at: there is no thread to run it in, so each job fails when its turn has come.
const JOB = {} as DraftJob

function reasonOf(result: Promise<unknown>): Promise<string> {
  return result.then(
    () => 'done',
    (error: Error) => error.message,
  )
}

test('more than eight drafts do not wait: the ninth is told so at once, and later ones are taken again', async () => {
  const jobs = new DraftJobs()
  const first = Array.from({ length: 8 }, () => reasonOf(jobs.run(JOB)))
  const refusal = expect.stringContaining('expected at most 8 at once')
  expect(await reasonOf(jobs.run(JOB))).toEqual(refusal)
  for (const reason of await Promise.all(first)) expect(reason).not.toEqual(refusal)
  expect(await reasonOf(jobs.run(JOB))).not.toEqual(refusal)
})
