import { beforeEach, expect, test } from '@jest/globals'
import { HighWater } from '../../src/draining/high-water.ts'
import { TimelyUplink } from '../../src/draining/timely-uplink.ts'
import { parseEntity } from '../../src/entity-text.ts'
import type { EntityText, Outcome } from '../../src/reading.ts'
import type { Settle } from '../../src/uplink/parcel.ts'
import { createEntity } from '../support/entities.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

const NOON = Date.UTC(2026, 0, 15, 12)

/** What the uplink and the history got, as `<id> <attributes>`, and who waits for it. */
let current: string[]
let history: string[]
let open: Settle[]
let outcomes: string[]
let lateCount: number
let isUsable: boolean
let highWater: HighWater

beforeEach(async () => {
  current = []
  history = []
  open = []
  outcomes = []
  lateCount = 0
  isUsable = true
  const engine = new MemoryEngine()
  highWater = await HighWater.open({ engine, tenant: 'kranj', destination: 'main', onFailure: () => {} }, 0)
})

function create(hasHistory: boolean): TimelyUplink {
  return new TimelyUplink({
    highWater,
    uplink: {
      send: (entities, settle) => {
        current.push(...entities.map(show))
        if (entities.length === 0) settle({ kind: 'skipped' })
        else open.push(settle)
      },
    },
    temporal: !hasHistory
      ? undefined
      : {
          get isUsable() {
            return isUsable
          },
          send: (entity, settle) => {
            history.push(show(entity))
            open.push(settle)
          },
        },
    onLate: attributes => {
      lateCount += attributes
    },
  })
}

/** What is sent as JSON, so that names and text cannot differ. */
function show(entity: EntityText): string {
  const { id, type: _type, ...attributes } = parseEntity(entity)
  expect(Object.keys(attributes)).toEqual(entity.attributes)
  return `${id} ${Object.entries(attributes)
    .map(([name, attribute]) => `${name}=${(attribute as { value: unknown }).value}`)
    .join(' ')}`
}

function at(second: number, values: Readonly<Record<string, unknown>>, id = 'a'): EntityText {
  return { ...createEntity(id, values), observedAt: NOON + second * 1_000 }
}

function send(uplink: TimelyUplink, ...entities: readonly EntityText[]): void {
  sendAt(60, uplink, ...entities)
}

/** Of a message that came at this second. */
function sendAt(second: number, uplink: TimelyUplink, ...entities: readonly EntityText[]): void {
  uplink.send(entities, (outcome: Outcome) => outcomes.push(outcome.kind), 0, NOON + second * 1_000)
}

test('what is late is left out and counted, and the rest goes on', () => {
  const uplink = create(false)
  send(uplink, at(9, { t: 1, h: 2 }))
  send(uplink, at(5, { t: 3, b: 4, h: 5 }))
  send(uplink, at(4, { t: 6 }))
  expect([current, lateCount, outcomes]).toEqual([['a t=1 h=2', 'a b=4'], 3, ['skipped']])
})

test('a device whose clock ran ahead and was put right is heard, also where its messages waited', () => {
  const uplink = create(false)
  sendAt(10, uplink, at(19, { t: 1 }))
  sendAt(12, uplink, at(12, { t: 2 }))
  sendAt(20, uplink, at(11, { t: 3 }))
  expect([current, outcomes]).toEqual([['a t=1', 'a t=2'], ['skipped']])
})

test('the entities of one message go in the order of their times, and those of one time as they came', () => {
  send(create(false), at(9, { t: 3 }), at(1, { t: 1 }), at(5, { t: 2 }), at(1, { h: 7 }, 'b'))
  expect(current).toEqual(['a t=1', 'b h=7', 'a t=2', 'a t=3'])
})

test('what is late goes to the history, and the message is delivered when both ways have ended', () => {
  const uplink = create(true)
  send(uplink, at(9, { t: 1 }))
  open.pop()
  send(uplink, at(5, { t: 2, h: 3 }))
  expect([current, history]).toEqual([['a t=1', 'a h=3'], ['a t=2']])
  open.pop()?.({ kind: 'delivered' })
  expect(outcomes).toEqual([])
  open.pop()?.({ kind: 'delivered' })
  expect(outcomes).toEqual(['delivered'])
})

test('a message of which the history refuses a part goes to quarantine', () => {
  const uplink = create(true)
  send(uplink, at(9, { t: 1 }))
  open.pop()
  send(uplink, at(5, { t: 2, h: 3 }))
  open.pop()?.({ kind: 'quarantined', code: 'ENTITY_REFUSED', detail: 'no' })
  open.pop()?.({ kind: 'delivered' })
  expect(outcomes).toEqual(['quarantined'])
})

test('a history that takes nothing is as none', () => {
  const uplink = create(true)
  send(uplink, at(9, { t: 1 }))
  isUsable = false
  send(uplink, at(5, { t: 2 }))
  expect([history, outcomes, lateCount]).toEqual([[], ['skipped'], 1])
})

test('a message all of whose late parts the history skips is skipped', () => {
  const uplink = create(true)
  send(uplink, at(9, { t: 1 }))
  open.pop()
  send(uplink, at(5, { t: 2 }), at(6, { t: 3 }))
  for (const settle of open) settle({ kind: 'skipped' })
  expect(outcomes).toEqual(['skipped'])
})
