import { beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { HighWater } from '../../src/draining/high-water.ts'
import { createEntity } from '../support/entities.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

const PLACE = { tenant: 'kranj', destination: 'main' }
const NOW = Date.UTC(2026, 0, 15, 9)
const HOUR_MS = 3_600_000

let engine: MemoryEngine
let highWater: HighWater
let failures: unknown[]

beforeEach(async () => {
  engine = new MemoryEngine()
  failures = []
  highWater = await open(0)
})

function open(cursor: number): Promise<HighWater> {
  return HighWater.open(
    { engine, ...PLACE, wasteBytes: 1024, onFailure: error => failures.push(error) },
    cursor,
  )
}

/** The names that are late, of an entity that was observed so long after NOW. */
function pass(
  id: string,
  names: readonly string[],
  afterMs: number,
  position = 0,
  now = NOW,
): readonly string[] {
  const values = Object.fromEntries(names.map(name => [name, 1]))
  return highWater.pass({ ...createEntity(id, values), observedAt: NOW + afterMs }, position, now)
}

/** Saves as a lane does whose messages before this position are settled. */
async function save(before: number): Promise<void> {
  const changes = highWater.getChanges(before)
  await engine.commit(changes)
  highWater.onSaved(before)
  await highWater.close()
}

async function restart(cursor: number): Promise<void> {
  engine = engine.reopen()
  highWater = await open(cursor)
}

async function countRecords(): Promise<number> {
  return (await engine.range('marks', { within: ['kranj', 'main'], from: ['kranj', 'main'], limit: 10_000 }))
    .length
}

describe('an attribute', () => {
  test('is late where a newer value of it was sent, and only there', () => {
    expect(pass('a', ['t', 'h'], -1_000)).toEqual([])
    expect(pass('a', ['t', 'b'], -2_000)).toEqual(['t'])
    expect(pass('a', ['b'], -1_500)).toEqual([])
    expect(pass('b', ['t'], -2_000)).toEqual([])
  })

  test('of the same time overwrites, since it is the same reading sent again', () => {
    expect([pass('a', ['t'], -1_000), pass('a', ['t'], -1_000)]).toEqual([[], []])
  })

  test('that is late moves no mark', () => {
    pass('a', ['t'], -1_000)
    pass('a', ['t'], -3_000)
    expect(pass('a', ['t'], -2_000)).toEqual(['t'])
  })

  test('is as old as its own time says', () => {
    const entity = { ...createEntity('a', { t: 1, opened: 1 }), observedAt: NOW, times: [NOW, NOW - HOUR_MS] }
    expect(highWater.pass(entity, 0, NOW)).toEqual([])
    expect(pass('a', ['opened'], -2 * HOUR_MS)).toEqual(['opened'])
    expect(highWater.pass({ ...entity, observedAt: NOW + 1 }, 0, NOW + 1)).toEqual([])
  })
})

describe('a clock that ran ahead', () => {
  test('does not come up again for the attributes that came without the others since', () => {
    pass('a', ['t', 'h'], HOUR_MS, 0, NOW + HOUR_MS)
    expect(pass('a', ['t'], 1_000, 1, NOW + 1_000)).toEqual([])
    expect(pass('a', ['t', 'h'], 2_000, 2, NOW + 2 * HOUR_MS)).toEqual(['h'])
  })

  test('holds nothing back once it is right again', () => {
    expect(pass('a', ['t'], HOUR_MS, 0, NOW + HOUR_MS)).toEqual([])
    expect(pass('a', ['t'], 1_000, 1, NOW + 1_000)).toEqual([])
    expect(pass('a', ['t'], 500, 2, NOW + 1_000)).toEqual(['t'])
  })

  test('holds nothing back after a restart either', async () => {
    pass('a', ['t'], HOUR_MS, 0, NOW + HOUR_MS)
    await save(1)
    await restart(1)
    expect(pass('a', ['t'], 1_000, 1, NOW + 1_000)).toEqual([])
    await save(2)
    await restart(2)
    expect(pass('a', ['t'], 500, 2, NOW + 2 * HOUR_MS)).toEqual(['t'])
    expect(pass('a', ['t'], 2_000, 2, NOW + 2 * HOUR_MS)).toEqual([])
  })
})

describe('a message that was not delivered', () => {
  test('makes nothing late', () => {
    pass('a', ['t'], -5_000, 0)
    pass('a', ['t'], -1_000, 1)
    highWater.fall(1)
    expect(pass('a', ['t'], -6_000, 2)).toEqual(['t'])
    expect(pass('a', ['t'], -3_000, 2)).toEqual([])
  })

  test('leaves the mark of one that was sent after it', () => {
    pass('a', ['t'], -5_000, 0)
    pass('a', ['t'], -4_000, 1)
    pass('a', ['t'], -1_000, 2)
    highWater.fall(1)
    expect(pass('a', ['t'], -2_000, 3)).toEqual(['t'])
    highWater.fall(2)
    expect(pass('a', ['t'], -4_500, 3)).toEqual([])
  })

  test('that raised a mark twice lets it fall to what was before', () => {
    pass('a', ['t'], -5_000, 0)
    pass('a', ['t'], -4_000, 1)
    pass('a', ['t'], -3_000, 1)
    highWater.fall(1)
    expect(pass('a', ['t'], -4_500, 2)).toEqual([])
  })

  test('is not on disk', async () => {
    pass('a', ['t'], -1_000, 0)
    highWater.fall(0)
    await save(1)
    await restart(1)
    expect(pass('a', ['t'], -2_000, 1)).toEqual([])
  })
})

describe('after a restart', () => {
  test('marks of the messages before the cursor are known, and others are not', async () => {
    pass('a', ['t'], -5_000, 0)
    pass('a', ['t'], -1_000, 1)
    await save(1)
    await restart(1)
    expect(pass('a', ['t'], -6_000, 1)).toEqual(['t'])
    expect(pass('a', ['t'], -3_000, 1)).toEqual([])
  })

  test('what could not be saved is saved with the next one', async () => {
    pass('a', ['t'], -5_000, 0)
    engine.fail(new Error('disk'))
    await expect(engine.commit(highWater.getChanges(1))).rejects.toThrow('disk')
    engine.fail()
    await save(1)
    await restart(1)
    expect(pass('a', ['t'], -6_000, 1)).toEqual(['t'])
  })

  test('a lane that was set back sends everything again, and what is older later', async () => {
    pass('a', ['t'], -1_000, 5)
    await save(6)
    await restart(3)
    expect(await countRecords()).toBe(0)
    expect(pass('a', ['t'], -2_000, 3)).toEqual([])
    await save(4)
    await restart(4)
    expect(pass('a', ['t'], -3_000, 4)).toEqual(['t'])
  })

  test('attributes that share a mark are known one by one', async () => {
    pass('a', ['t', 'h', 'b'], -1_000, 0)
    await save(1)
    await restart(1)
    expect(pass('a', ['t', 'x'], -2_000, 1)).toEqual(['t'])
    expect(pass('a', ['t', 'h', 'b'], -500, 2)).toEqual([])
    expect(pass('a', ['h'], -700, 3)).toEqual(['h'])
  })

  test('marks of another lane are its own', async () => {
    pass('a', ['t'], -1_000, 0)
    await save(1)
    highWater = await HighWater.open(
      { engine, tenant: 'kranj', destination: 'other', onFailure: () => {} },
      1,
    )
    expect(pass('a', ['t'], -2_000, 1)).toEqual([])
  })
})

test('many records become one, which says the same', async () => {
  const names = Array.from({ length: 200 }, (_, index) => `n${index}`)
  for (let position = 0; position < 300; position++) {
    pass('a', names, position - 1_000, position)
    await save(position + 1)
  }
  expect(await countRecords()).toBeLessThan(200)
  expect(failures).toEqual([])
  await restart(300)
  expect(pass('a', ['n0', 'n199'], -702, 300)).toEqual(['n0', 'n199'])
  expect(pass('a', ['n0', 'n199'], -701, 300)).toEqual([])
})

test('a failure to put records in order is told, loses no mark, and is made good', async () => {
  const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`)
  for (let position = 0; position < 40; position++) {
    pass('a', names, position - 1_000, position)
    await engine.commit(highWater.getChanges(position + 1))
    engine.fail(position < 35 ? new Error('disk') : undefined)
    highWater.onSaved(position + 1)
    await highWater.close()
    engine.fail()
  }
  expect(failures).not.toEqual([])
  expect(await countRecords()).toBeLessThan(40)
  await restart(40)
  expect(pass('a', ['n1999'], -962, 40)).toEqual(['n1999'])
})

interface Sent {
  readonly kind: 'deliver' | 'refuse'
  readonly id: string
  readonly names: readonly string[]
  /** After NOW. */
  readonly time: number
  /** The agent's clock, after NOW; it may be behind the times that it is told. */
  readonly clock: number
}

type Step = Sent | { readonly kind: 'save' | 'crash' }

/** What a lane should know: the mark of each attribute of each entity, and what of it is on disk. */
class Model {
  #marks = new Map<string, number>()
  #saved = new Map<string, number>()
  #position = 0
  #cursor = 0

  async take(step: Step): Promise<void> {
    if ('id' in step) this.#send(step)
    else if (step.kind === 'save') await this.#save()
    else await this.#crash()
  }

  async #save(): Promise<void> {
    await save(this.#position)
    this.#saved = new Map(this.#marks)
    this.#cursor = this.#position
  }

  async #crash(): Promise<void> {
    await restart(this.#cursor)
    this.#marks = new Map(this.#saved)
    this.#position = this.#cursor
  }

  #send({ kind, id, names, time, clock }: Sent): void {
    const late = names.filter(name => {
      const mark = this.#marks.get(`${id} ${name}`) ?? 0
      return mark > time && mark <= clock
    })
    expect(pass(id, names, time, this.#position, NOW + clock)).toEqual(late)
    if (kind === 'refuse') highWater.fall(this.#position)
    else for (const name of names) if (!late.includes(name)) this.#marks.set(`${id} ${name}`, time)
    this.#position += 1
  }
}

test('against a model: messages that are delivered or refused, clocks, saves, and crashes in between', async () => {
  const instant = fc.integer({ min: 1, max: 9 })
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom('deliver' as const, 'deliver' as const, 'refuse' as const),
        id: fc.constantFrom('a', 'b'),
        names: fc.subarray(['t', 'h', 'b'], { minLength: 1 }),
        time: instant,
        clock: instant,
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('save' as const, 'crash' as const) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      engine = new MemoryEngine()
      highWater = await open(0)
      const model = new Model()
      for (const each of steps) await model.take(each)
    }),
    { numRuns: 300 },
  )
})
