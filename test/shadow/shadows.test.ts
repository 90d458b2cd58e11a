import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, test } from '@jest/globals'
import type { Device, Message } from '../../src/reading.ts'
import { createKeptFindings } from '../../src/shadow/kept-findings.ts'
import type { FindingsByPlan, ShadowMessage, ShadowPlan } from '../../src/shadow/shadow-plan.ts'
import { Shadows } from '../../src/shadow/shadows.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

const PROFILE = createProfile({})
const DEVICE: Device = { id: 'a', tenant: 'kranj', profile: 'maker-model', attributes: {} }
const MESSAGE: Message = {
  ...{ tenant: 'kranj', device: 'a', topic: 'x', payload: Buffer.from('{}'), receivedAt: 1, qos: 1 },
}
const PLAN: ShadowPlan = {
  ...{ key: 'one', id: 'maker-model', active: { version: 1, profile: PROFILE } },
  shadow: { version: 2, profile: PROFILE },
}

let taken: ShadowMessage[]
let underWay: number
let opened: number
let end: (reason: string) => void
let shadows: Shadows
let engine: MemoryEngine
let known: FindingsByPlan
let found: FindingsByPlan

beforeEach(() => {
  taken = []
  underWay = 0
  opened = 0
  engine = new MemoryEngine()
  found = {}
  shadows = new Shadows(
    {
      validation: { mode: 'off', folder: '' },
      loadBirths: async () => ({}),
      kept: createKeptFindings(engine),
      onFailed: () => {},
      onNotKept: () => {},
    },
    ({ onEnd }) => {
      opened += 1
      end = onEnd
      return {
        get underWay() {
          return underWay
        },
        use: (_plans, _births, before) => {
          known = before
        },
        take: messages => void taken.push(...messages),
        report: async () => found,
        close: async () => {},
      }
    },
  )
})

async function seeAll(...seen: readonly (readonly [Device, number])[]): Promise<readonly number[]> {
  for (const [device, position] of seen) shadows.see(MESSAGE, device, position)
  await nextTurn()
  return taken.map(({ position }) => position)
}

test('without a run there is no thread, and nothing is looked at', async () => {
  await shadows.use([])
  expect(await seeAll([DEVICE, 1])).toEqual([])
  expect(opened).toBe(0)
})

test('messages of the profile go over once, whichever lanes show them', async () => {
  await shadows.use([PLAN])
  expect(await seeAll([DEVICE, 1], [DEVICE, 2], [DEVICE, 1], [{ ...DEVICE, profile: 'other' }, 3])).toEqual([
    1, 2,
  ])
})

test('pinned devices, those of other tenants and those that were not chosen are left out', async () => {
  await shadows.use([{ ...PLAN, tenant: 'kranj', devices: [{ tenant: 'kranj', id: 'a' }] }])
  const others = [{ profileVersion: 1 }, { tenant: 'bled' }, { id: 'b' }]
  const positions = await seeAll(...others.map((other, at) => [{ ...DEVICE, ...other }, at] as const), [
    DEVICE,
    9,
  ])
  expect(positions).toEqual([9])
})

test('what the thread has no room for is counted and left out', async () => {
  await shadows.use([PLAN])
  underWay = 1_000
  expect(await seeAll([DEVICE, 1], [DEVICE, 2])).toEqual([])
  expect(await shadows.report()).toMatchObject([{ id: 'maker-model', active: 1, shadow: 2, skipped: 2 }])
})

test('a thread that has ended takes nothing, and delivery goes on', async () => {
  await shadows.use([PLAN])
  end('out of memory')
  expect(await seeAll([DEVICE, 1])).toEqual([])
  await shadows.close()
})

test('what was found is known after a restart, without examples, and forgotten when its run ends', async () => {
  const example = { tenant: 'kranj', device: 'a', topic: 'x', receivedAt: 1, active: 'old', shadow: 'new' }
  const difference = { kind: 'attributeChanged', type: 'Thing', attribute: 'x', count: 2 } as const
  const counts = { since: 5, messages: 7, same: 5, others: 0 }
  const withExamples = (examples: readonly (typeof example)[]) => ({
    one: { ...counts, differences: [{ ...difference, examples }] },
  })
  await shadows.use([PLAN])
  expect(known).toEqual({})
  found = withExamples([example])
  await shadows.close()
  expect(await createKeptFindings(engine).load([PLAN])).toEqual(withExamples([]))
  await createKeptFindings(engine).save({}, [PLAN])
  expect(await createKeptFindings(engine).load([PLAN])).toEqual(withExamples([]))
  await createKeptFindings(engine).save({}, [])
  expect(await createKeptFindings(engine).load([PLAN])).toEqual({})
})
