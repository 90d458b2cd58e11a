import { expect, test } from '@jest/globals'
import { DEVICE_STATUS } from '../../src/profiles/device-status.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { runSamples } from '../../src/profiles/samples.ts'

test('messages of the agent about a device become a Device that says when each thing was known', async () => {
  const results = await runSamples([DEVICE_STATUS])
  expect(results.map(({ sample, difference }) => [sample, difference])).toEqual([
    ['a device that is silent', ''],
    ['a device that was never heard', ''],
  ])
})

test('no profile of a folder can take their place', () => {
  const { id } = profileSchema.shape
  expect(id.safeParse(DEVICE_STATUS.id).success).toBe(false)
})
