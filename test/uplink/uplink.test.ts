import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import type { Outcome } from '../../src/reading.ts'
import type { ChooseContext } from '../../src/uplink/context.ts'
import type { Dialect } from '../../src/uplink/dialect.ts'
import { createParcel, type Parcel } from '../../src/uplink/parcel.ts'
import { Uplink, type UplinkOptions } from '../../src/uplink/uplink.ts'
import type { Verdict } from '../../src/uplink/verdict.ts'
import { createEntity } from '../support/entities.ts'
import { until } from '../support/until.ts'

const WEATHER = 'https://example.org/weather.jsonld'
const DEVICE = 'https://example.org/device.jsonld'
const CONFIRMED: Verdict = { kind: 'answered', refused: new Map() }
const OPTIONS: Omit<UplinkOptions, 'onTrouble'> = {
  batch: { maxEntities: 4, maxBytes: 100_000, linger: 1 },
  concurrency: { min: 1, max: 4 },
  retry: { initial: 1, max: 2, retryAfterMax: 60_000, alarmMax: 2 },
}

let uplinks: Uplink[]
let troubles: (string | undefined)[]
let requests: (readonly string[])[]

beforeEach(() => {
  uplinks = []
  troubles = []
  requests = []
})

afterEach(async () => {
  for (const uplink of uplinks) await uplink.close()
})

/** An uplink whose destination answers as `answer` says; `requests` are the ids of each request. */
function createUplink(
  answer: (ids: readonly string[], parcels: readonly Parcel[]) => Verdict | Promise<Verdict>,
  change: Partial<UplinkOptions> = {},
  chooseContext: ChooseContext = own => own,
): Uplink {
  const dialect: Dialect = {
    wrap: (entity, settle) => createParcel(entity, chooseContext(entity.context), settle),
    deliver: async parcels => {
      const ids = parcels.map(({ id }) => id)
      requests.push(ids)
      return answer(ids, parcels)
    },
    close: async () => {},
  }
  const uplink = new Uplink(dialect, {
    ...OPTIONS,
    onTrouble: trouble => troubles.push(trouble?.detail),
    ...change,
  })
  uplinks.push(uplink)
  return uplink
}

function send(uplink: Uplink, ...ids: readonly string[]): Promise<Outcome> {
  return sendUnder(undefined, uplink, ...ids)
}

/** Sends one message, whose entities are of this context. */
function sendUnder(context: string | undefined, uplink: Uplink, ...ids: readonly string[]): Promise<Outcome> {
  return new Promise(resolve =>
    uplink.send(
      ids.map(id => createEntity(id, undefined, context)),
      resolve,
    ),
  )
}

/** One that makes a request of each entity, and knows how many of them were under way at once. */
function createCountingUplink(answer: () => Verdict) {
  let inFlight = 0
  let inFlightMax = 0
  const uplink = createUplink(
    async () => {
      inFlight += 1
      inFlightMax = Math.max(inFlightMax, inFlight)
      await new Promise(resolve => setImmediate(resolve))
      inFlight -= 1
      return answer()
    },
    { batch: { ...OPTIONS.batch, maxEntities: 1 } },
  )
  return { uplink, getInFlightMax: () => inFlightMax }
}

test('an entity that the destination confirms is delivered', async () => {
  expect(
    await send(
      createUplink(() => CONFIRMED),
      'a',
    ),
  ).toEqual({ kind: 'delivered' })
})

test('entities that come within the linger time share a request', async () => {
  const uplink = createUplink(() => CONFIRMED)
  await Promise.all(['a', 'b', 'c'].map(id => send(uplink, id)))
  expect(requests).toEqual([['a', 'b', 'c']])
})

test('readings that waited behind one of the same entity do not wait for company once more', async () => {
  jest.useFakeTimers()
  try {
    const uplink = createUplink(() => CONFIRMED, { batch: { ...OPTIONS.batch, linger: 1_000 } })
    const sent = Promise.all(Array.from({ length: 20 }, () => send(uplink, 'a')))
    await jest.advanceTimersByTimeAsync(999)
    expect(requests).toHaveLength(0)
    await jest.advanceTimersByTimeAsync(1)
    await sent
    expect(requests).toHaveLength(20)
  } finally {
    jest.useRealTimers()
  }
})

test('a reading that waited for an answer waits for company only while something else is under way', async () => {
  const held: (() => void)[] = []
  const uplink = createUplink(() => new Promise(resolve => held.push(() => resolve(CONFIRMED))), {
    batch: { ...OPTIONS.batch, maxEntities: 2, linger: 3_600_000 },
    concurrency: { min: 2, max: 2 },
  })
  const sent = ['a', 'b', 'c', 'd', 'a'].map(id => send(uplink, id))
  await until('two requests', () => held.length === 2)
  held.shift()?.()
  await sent[0]
  await new Promise(resolve => setImmediate(resolve))
  sent.push(send(uplink, 'e'), send(uplink, 'c'))
  await until('a full batch', () => held.length === 2)
  for (const answer of held.splice(0)) answer()
  await until('the last request', () => held.length === 1)
  held.shift()?.()
  await Promise.all(sent)
  expect(requests).toEqual([['a', 'b'], ['c', 'd'], ['a', 'e'], ['c']])
})

test('entities of different contexts never share a request, and each waits its own linger time', async () => {
  jest.useFakeTimers()
  try {
    const contexts: unknown[] = []
    const held: (() => void)[] = []
    const uplink = createUplink(
      (_ids, parcels) => {
        contexts.push(parcels.map(({ context }) => context))
        return new Promise(resolve => held.push(() => resolve(CONFIRMED)))
      },
      { batch: { ...OPTIONS.batch, linger: 1_000 }, concurrency: { min: 2, max: 2 } },
    )
    const sent = [sendUnder(WEATHER, uplink, 'a')]
    await jest.advanceTimersByTimeAsync(600)
    sent.push(sendUnder(DEVICE, uplink, 'b'), sendUnder(WEATHER, uplink, 'c'))
    await jest.advanceTimersByTimeAsync(400)
    expect(requests).toEqual([['a', 'c']])
    await jest.advanceTimersByTimeAsync(590)
    expect(requests).toHaveLength(1)
    await jest.advanceTimersByTimeAsync(10)
    expect(requests).toEqual([['a', 'c'], ['b']])
    expect(contexts).toEqual([[WEATHER, WEATHER], [DEVICE]])
    for (const answer of held) answer()
    await Promise.all(sent)
  } finally {
    jest.useRealTimers()
  }
})

test('entities of different contexts share a request where the destination has one for all', async () => {
  const uplink = createUplink(
    () => CONFIRMED,
    {},
    () => 'https://example.org/city',
  )
  await Promise.all([sendUnder(WEATHER, uplink, 'a'), sendUnder(DEVICE, uplink, 'b')])
  expect(requests).toEqual([['a', 'b']])
})

test('a message without entities is skipped and makes no request', async () => {
  expect(await send(createUplink(() => CONFIRMED))).toEqual({ kind: 'skipped' })
  expect(requests).toEqual([])
})

test('a message of several entities is delivered when all of them are', async () => {
  const held: (() => void)[] = []
  const uplink = createUplink(() => new Promise(resolve => held.push(() => resolve(CONFIRMED))), {
    batch: { ...OPTIONS.batch, maxEntities: 1 },
    concurrency: { min: 2, max: 2 },
  })
  let outcome: Outcome | undefined
  const sent = send(uplink, 'a', 'b').then(result => {
    outcome = result
  })
  await until('two requests under way', () => held.length === 2)
  held[0]?.()
  await until('one request left', () => uplink.status.requestsInFlight === 1)
  expect(outcome).toBeUndefined()
  held[1]?.()
  await sent
  expect(outcome).toEqual({ kind: 'delivered' })
})

test('a message one of whose entities is refused goes to quarantine with the first reason', async () => {
  const uplink = createUplink(() => ({ kind: 'answered', refused: new Map([['b', 'no']]) }))
  expect(await send(uplink, 'a', 'b')).toEqual({
    kind: 'quarantined',
    code: 'ENTITY_REFUSED',
    detail: 'b: no',
  })
})

test('a batch that cannot be taken now is sent again, as often as it takes', async () => {
  let failures = 0
  const uplink = createUplink(() => {
    failures += 1
    return failures <= 20 ? { kind: 'later', detail: 'HTTP 503' } : CONFIRMED
  })
  expect(await send(uplink, 'a')).toEqual({ kind: 'delivered' })
  expect(requests).toHaveLength(21)
})

test('trouble is told once, and its end too', async () => {
  let failures = 0
  const uplink = createUplink(() => {
    failures += 1
    return failures <= 5 ? { kind: 'later', detail: 'HTTP 503' } : CONFIRMED
  })
  const sent = send(uplink, 'a')
  await until('trouble', () => troubles.length > 0)
  await sent
  expect(troubles).toEqual(['HTTP 503', undefined])
  expect(uplink.status.trouble).toBeUndefined()
})

test('while a destination takes nothing there is one request at a time', async () => {
  let isDown = true
  const { uplink, getInFlightMax } = createCountingUplink(() =>
    isDown ? { kind: 'later', detail: 'down' } : CONFIRMED,
  )
  const sent = ['a', 'b', 'c', 'd'].map(id => send(uplink, id))
  await until('ten attempts', () => requests.length >= 10)
  expect(getInFlightMax()).toBe(1)
  isDown = false
  await Promise.all(sent)
})

test('requests at once grow with each confirmed one up to their bound', async () => {
  const { uplink, getInFlightMax } = createCountingUplink(() => CONFIRMED)
  await Promise.all(Array.from({ length: 40 }, (_, index) => send(uplink, `e${index}`)))
  expect(getInFlightMax()).toBe(4)
})

test.each([
  ['later', { kind: 'later', detail: 'HTTP 429', afterMs: 60_000 }],
  ['barred', { kind: 'barred', code: 'DESTINATION_LOGIN', detail: 'HTTP 401' }],
] as const)(
  'what waits because of %s goes at once when the destination is reached anew',
  async (_kind, verdict) => {
    let isBack = false
    const change = { retry: { ...OPTIONS.retry, initial: 60_000, max: 60_000, alarmMax: 60_000 } }
    const uplink = createUplink(() => (isBack ? CONFIRMED : verdict), change)
    const sent = send(uplink, 'a')
    await until('trouble', () => troubles.length > 0)
    isBack = true
    uplink.retryNow()
    expect(await sent).toEqual({ kind: 'delivered' })
    expect(requests).toHaveLength(2)
  },
)

test('what a barred destination did not take waits, as often as it takes, and the status names the alarm', async () => {
  const alarms: unknown[] = []
  const uplink = createUplink(() => {
    alarms.push(uplink.status.alarm)
    return alarms.length <= 5
      ? { kind: 'barred', code: 'DESTINATION_MISTAKEN', detail: 'HTTP 404' }
      : CONFIRMED
  })
  expect(await send(uplink, 'a')).toEqual({ kind: 'delivered' })
  expect(alarms).toEqual([undefined, ...Array(5).fill('DESTINATION_MISTAKEN')])
  expect(uplink.status.breaker).toBe('closed')
  expect(troubles).toEqual(['HTTP 404', undefined])
})

test('eight requests that fail together are one failure: after the pause one request asks whether the destination is back', async () => {
  let isDown = false
  const held: (() => void)[] = []
  const uplink = createUplink(
    () =>
      new Promise(resolve =>
        held.push(() => resolve(isDown ? { kind: 'later', detail: 'HTTP 503' } : CONFIRMED)),
      ),
    { batch: { ...OPTIONS.batch, maxEntities: 1 }, concurrency: { min: 8, max: 8 } },
  )
  const sent = Array.from({ length: 8 }, (_, index) => send(uplink, `e${index}`))
  await until('eight under way', () => held.length === 8)
  isDown = true
  for (const answer of held.splice(0)) answer()
  await until('the probe', () => held.length > 0)
  expect(uplink.status).toMatchObject({ breaker: 'half-open', requestsInFlight: 1, concurrency: 8 })
  isDown = false
  held.splice(0)[0]?.()
  await until('the others', () => held.length === 7)
  for (const answer of held) answer()
  await Promise.all(sent)
  expect(requests).toHaveLength(16)
})

test('of a batch that is refused as a whole the culprit alone goes to quarantine', async () => {
  const uplink = createUplink(ids =>
    ids.includes('c') ? { kind: 'refused', detail: 'HTTP 400' } : CONFIRMED,
  )
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(id => send(uplink, id)))
  expect(outcomes.map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'quarantined', 'delivered'])
  expect(requests).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['c'], ['d']])
})

test.each([0, 37, 49, 50, 99])(
  'the culprit at place %i of a hundred costs at most nine more requests',
  async place => {
    const uplink = createUplink(
      ids => (ids.includes(`e${place}`) ? { kind: 'refused', detail: 'HTTP 400' } : CONFIRMED),
      {
        batch: { ...OPTIONS.batch, maxEntities: 100 },
      },
    )
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, index) => send(uplink, `e${index}`)))
    expect(outcomes.filter(({ kind }) => kind === 'delivered')).toHaveLength(99)
    expect(outcomes[place]?.kind).toBe('quarantined')
    expect(requests.length - 1).toBeLessThanOrEqual(9)
  },
)

test('T88: a destination that takes only so much at once is soon sent no more than that, and everything arrives', async () => {
  const uplink = createUplink(
    ids => (ids.length > 30 ? { kind: 'refused', detail: 'HTTP 413' } : CONFIRMED),
    { batch: { ...OPTIONS.batch, maxEntities: 100 }, concurrency: { min: 1, max: 1 } },
  )
  const sendMany = (from: number) =>
    Promise.all(
      Array.from(
        { length: 500 },
        (_, index) =>
          new Promise<Outcome>(resolve =>
            uplink.send([createEntity(`e${from + index}`, { note: 'x'.repeat(1_000) })], resolve),
          ),
      ),
    )
  expect(new Set((await sendMany(0)).map(({ kind }) => kind))).toEqual(new Set(['delivered']))
  const before = requests.length
  await sendMany(500)
  const sizes = requests.slice(before).map(({ length }) => length)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(30)
  expect(sizes.reduce((sum, size) => sum + size)).toBe(500)
})

test('T88: one entity that is too large for the destination is quarantined, and batches stay as large as before', async () => {
  const uplink = createUplink(
    ids => (ids.includes('e7') ? { kind: 'refused', detail: 'HTTP 413' } : CONFIRMED),
    { batch: { ...OPTIONS.batch, maxEntities: 100 } },
  )
  const sendMany = (prefix: string) =>
    Promise.all(Array.from({ length: 100 }, (_, index) => send(uplink, `${prefix}${index}`)))
  const outcomes = await sendMany('e')
  expect(outcomes.filter(({ kind }) => kind === 'quarantined')).toHaveLength(1)
  await sendMany('f')
  expect(requests.at(-1)).toHaveLength(100)
})

test('two culprits of one batch both go to quarantine, and nothing else', async () => {
  const culprits = ['a', 'd']
  const uplink = createUplink(ids =>
    ids.some(id => culprits.includes(id)) ? { kind: 'refused', detail: 'HTTP 400' } : CONFIRMED,
  )
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(id => send(uplink, id)))
  expect(outcomes.map(({ kind }) => kind)).toEqual(['quarantined', 'delivered', 'delivered', 'quarantined'])
})

test('what is left of a split batch waits when the destination goes away in between', async () => {
  let isDown = false
  const uplink = createUplink(ids => {
    if (ids.length === 4) return { kind: 'refused', detail: 'HTTP 400' }
    if (ids.includes('c') && !isDown) {
      isDown = true
      return { kind: 'later', detail: 'down' }
    }
    return CONFIRMED
  })
  const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map(id => send(uplink, id)))
  expect(outcomes.every(({ kind }) => kind === 'delivered')).toBe(true)
  expect(requests).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['c'], ['c', 'd']])
})

test('readings of one entity arrive in their order, also over failures', async () => {
  const arrived: unknown[] = []
  let requestCount = 0
  const uplink = createUplink((_ids, parcels) => {
    requestCount += 1
    if (requestCount % 2 === 1) return { kind: 'later', detail: 'down' }
    for (const { json } of parcels)
      arrived.push((JSON.parse(json.toString()) as { temperature: { value: number } }).temperature.value)
    return CONFIRMED
  })
  const sent = [1, 2, 3, 4, 5].map(
    value => new Promise(resolve => uplink.send([createEntity('a', { temperature: value })], resolve)),
  )
  await Promise.all(sent)
  expect(arrived).toEqual([1, 2, 3, 4, 5])
})

test('an entity that alone is larger than a body may be goes to quarantine and makes no request', async () => {
  const uplink = createUplink(() => CONFIRMED, { batch: { ...OPTIONS.batch, maxBytes: 200 } })
  const outcome = await new Promise<Outcome>(resolve => {
    uplink.send([createEntity('a', { note: 'x'.repeat(500) })], resolve)
  })
  expect(outcome).toMatchObject({ kind: 'quarantined', code: 'ENTITY_TOO_LARGE' })
  expect(requests).toEqual([])
})

test('closing waits for the requests under way and starts no others', async () => {
  const held: (() => void)[] = []
  const uplink = createUplink(() => new Promise(resolve => held.push(() => resolve(CONFIRMED))), {
    batch: { ...OPTIONS.batch, maxEntities: 1 },
  })
  const first = send(uplink, 'a')
  void send(uplink, 'b')
  await until('one request under way', () => held.length === 1)
  const closed = uplink.close()
  held[0]?.()
  await closed
  expect(await first).toEqual({ kind: 'delivered' })
  expect(requests).toEqual([['a']])
})

test('what a destination says of single entities is settled, and only the others are sent again, behind what waits', async () => {
  const answers: Verdict[] = [
    {
      kind: 'later',
      detail: 'deadlock',
      decided: new Map([
        ['a', undefined],
        ['b', 'too cold'],
      ]),
    },
  ]
  const uplink = createUplink(() => answers.shift() ?? CONFIRMED, {
    batch: { maxEntities: 3, maxBytes: 100_000, linger: 1 },
    concurrency: { min: 1, max: 1 },
  })
  const outcomes = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(id => send(uplink, id)))
  expect(outcomes.map(({ kind }) => kind)).toEqual([
    ...['delivered', 'quarantined', 'delivered'],
    ...['delivered', 'delivered', 'delivered'],
  ])
  expect(requests).toEqual([['a', 'b', 'c'], ['d', 'e', 'f'], ['c']])
})

test('what waits for a destination that is down keeps no memory but its own', async () => {
  let verdict: Verdict = { kind: 'later', detail: 'down' }
  const memory = new Map<string, number>()
  const uplink = createUplink((_, parcels) => {
    for (const { json } of parcels) memory.set(json.toString(), json.buffer.byteLength)
    return verdict
  })
  const sendShared = (id: string): Promise<Outcome> => {
    const entity = createEntity(id)
    const json = Buffer.alloc(100_000).subarray(7, 7 + entity.json.length)
    json.set(entity.json)
    return new Promise(resolve => uplink.send([{ ...entity, json }], resolve))
  }
  const before = sendShared('urn:a')
  await until('the uplink knows of the trouble', () => troubles.includes('down'))
  const meanwhile = sendShared('urn:b')
  verdict = CONFIRMED
  await Promise.all([before, meanwhile])
  await sendShared('urn:c')
  const [a, b, c] = ['urn:a', 'urn:b', 'urn:c'].map(id => createEntity(id).json)
  expect(Object.fromEntries(memory)).toEqual({ [`${a}`]: 100_000, [`${b}`]: b?.length, [`${c}`]: 100_000 })
})
