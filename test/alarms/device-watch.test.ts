import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { DeviceWatch } from '../../src/alarms/device-watch.ts'
import type { HeardDevice } from '../../src/alarms/heard-devices.ts'
import { Journal } from '../../src/journal/journal.ts'
import type { Device, Message } from '../../src/reading.ts'
import { append, createMessage } from '../support/messages.ts'
import { NINE, TestAlarms } from './test-alarms.ts'

const MINUTE = 60_000
const BOUNDS = { silentAfter: 2, neverHeardAfter: 60 * MINUTE, lowBattery: 15 }

let book: TestAlarms
let watch: DeviceWatch
let provisioned: HeardDevice[]
let implied: Device | undefined
let revision: number
let intervals: Map<string, number>

beforeEach(async () => {
  jest.useFakeTimers({
    now: NINE,
    doNotFake: ['setImmediate', 'setTimeout', 'performance', 'queueMicrotask', 'nextTick'],
  })
  provisioned = [createDevice('six-1'), createDevice('six-2')]
  implied = undefined
  revision = 1
  intervals = new Map([['six', 10 * MINUTE]])
  book = await TestAlarms.open()
  watch = await open()
})

afterEach(() => {
  jest.useRealTimers()
})

function createDevice(id: string, change: Partial<HeardDevice> = {}): HeardDevice {
  return { tenant: 'kranj', id, profile: 'six', ...change }
}

function open(): Promise<DeviceWatch> {
  return DeviceWatch.open({
    ...{ engine: book.engine, alarms: book.alarms, bounds: BOUNDS, tenants: ['kranj'] },
    listDevices: () => provisioned,
    getRevision: () => revision,
    getInterval: ({ profile }) => intervals.get(profile),
    findImplied: () => implied,
  })
}

/** Everything that was in memory is gone; `isSaved` was a stop, and not a crash. */
async function restart(isSaved: boolean): Promise<void> {
  if (isSaved) await watch.save()
  book = await book.reopen()
  watch = await open()
}

function hear(device: string, change: Partial<Message> = {}): void {
  watch.hear(createMessage({ device, receivedAt: Date.now(), ...change }))
}

function wait(ms: number): void {
  jest.setSystemTime(Date.now() + ms)
}

async function look(): Promise<readonly string[]> {
  await watch.look()
  return book.told()
}

describe('a device', () => {
  test('is silent when it is not heard for longer than its interval times the bound, until it is heard', async () => {
    hear('six-1')
    wait(20 * MINUTE)
    expect(await look()).toEqual([])
    wait(1_000)
    expect(await look()).toEqual(['start device-silent six-1'])
    expect(await look()).toEqual([])
    expect(book.alarms.standing).toMatchObject([
      {
        ...{ tenant: 'kranj', severity: 'warning' },
        message: 'last heard 2026-01-15T09:00:00.000Z, expected every 600 s as six',
      },
    ])
    hear('six-1')
    expect(await look()).toEqual(['end device-silent six-1'])
  })

  test('that was never heard is another kind of alarm, and only after its own time', async () => {
    provisioned = [createDevice('six-1')]
    await watch.provision()
    wait(60 * MINUTE)
    expect(await look()).toEqual([])
    wait(1_000)
    expect(await look()).toEqual(['start device-never-heard six-1'])
    hear('six-1')
    expect(await look()).toEqual(['end device-never-heard six-1'])
  })

  test('follows the interval of its profile as that changes', async () => {
    hear('six-1')
    wait(15 * MINUTE)
    intervals.set('six', 5 * MINUTE)
    expect(await look()).toEqual(['start device-silent six-1'])
    intervals.set('six', 60 * MINUTE)
    expect(await look()).toEqual(['end device-silent six-1'])
  })

  test('that is taken away takes its alarms with it, and one that comes is watched', async () => {
    hear('six-1')
    wait(21 * MINUTE)
    await look()
    provisioned = [createDevice('six-3')]
    await watch.provision()
    expect(book.told()).toEqual(['end device-silent six-1'])
    expect(watch.states.find('kranj', 'six-1')).toBeUndefined()
    expect(watch.states.find('kranj', 'six-3')).toMatchObject({ state: 'never-heard' })
  })

  test('that comes or goes is followed when there was a change', async () => {
    provisioned = [createDevice('six-3')]
    await watch.follow()
    expect(watch.states.find('kranj', 'six-3')).toBeUndefined()
    revision = 2
    await watch.follow()
    expect(watch.states.find('kranj', 'six-3')).toMatchObject({ knownSince: NINE })
    expect(watch.states.find('kranj', 'six-1')).toBeUndefined()
  })

  test('that a group implies is watched from its first message on, and forgotten after a month', async () => {
    implied = { ...createDevice('guest'), attributes: {} }
    hear('guest')
    await watch.provision()
    expect(watch.states.find('kranj', 'guest')).toMatchObject({ state: 'ok', lastHeardAt: NINE })
    wait(29 * 24 * 60 * MINUTE)
    await watch.provision()
    expect(watch.states.find('kranj', 'guest')).toMatchObject({ state: 'silent' })
    wait(2 * 24 * 60 * MINUTE)
    await watch.provision()
    expect(watch.states.find('kranj', 'guest')).toBeUndefined()
  })

  test('that nobody knows is not watched', () => {
    hear('stranger')
    expect(watch.states.find('kranj', 'stranger')).toBeUndefined()
  })
})

describe('a battery', () => {
  const charge = (percent: number) =>
    watch.hearBattery({ tenant: 'kranj', device: 'six-1', percent, at: Date.now() })

  test('is low below the bound, and until it is well above it', async () => {
    charge(15)
    expect(await look()).toEqual([])
    charge(14)
    expect(await look()).toEqual(['start low-battery six-1'])
    charge(19)
    expect(await look()).toEqual([])
    charge(20)
    expect(await look()).toEqual(['end low-battery six-1'])
    charge(19)
    expect(await look()).toEqual([])
  })

  test('of a device that nobody knows is no matter', async () => {
    watch.hearBattery({ tenant: 'kranj', device: 'stranger', percent: 1, at: NINE })
    expect(await look()).toEqual([])
  })
})

describe('after a restart', () => {
  test('an alarm goes on, and is not told again', async () => {
    hear('six-1')
    wait(21 * MINUTE)
    watch.hearBattery({ tenant: 'kranj', device: 'six-2', percent: 3, at: NINE })
    await look()
    await restart(true)
    expect(await look()).toEqual([])
    expect(book.standing).toEqual(['device-silent six-1', 'low-battery six-2'])
    hear('six-1')
    expect(await look()).toEqual(['end device-silent six-1'])
  })

  test('an alarm of a device that is gone ends', async () => {
    hear('six-1')
    wait(21 * MINUTE)
    await look()
    provisioned = []
    await restart(true)
    expect(book.standing).toEqual([])
  })

  test('nobody is silent because the agent was away', async () => {
    hear('six-1')
    await watch.save()
    wait(48 * 60 * MINUTE)
    await restart(false)
    wait(20 * MINUTE)
    expect(await look()).toEqual([])
    wait(1_000)
    expect(await look()).toEqual(['start device-silent six-1'])
  })

  test('by a crash, what was heard after the last save is known from the journal', async () => {
    await watch.save()
    wait(5 * MINUTE)
    const bounds = { maxBytes: 1e9, retentionMs: 1e9, onFull: 'reject', lanes: [] } as const
    const journal = await Journal.open(book.engine, { ...bounds, isDiskFull: () => false }, () => {})
    await append(journal, createMessage({ device: 'six-1', receivedAt: Date.now() }))
    await journal.close()
    wait(48 * 60 * MINUTE)
    await restart(false)
    expect(watch.states.find('kranj', 'six-1')).toMatchObject({
      ...{ state: 'ok', lastHeardAt: NINE + 5 * MINUTE },
    })
    expect(await look()).toEqual([])
    wait(21 * MINUTE)
    expect(await look()).toContain('start device-silent six-1')
  })
})

test('when a whole town falls silent, a thousand are told one by one and the rest by their number', async () => {
  provisioned = Array.from({ length: 1_203 }, (_, at) => createDevice(`six-${at}`))
  await watch.provision()
  for (const { id } of provisioned) hear(id)
  wait(21 * MINUTE)
  const told = await look()
  expect(told).toHaveLength(1_001)
  expect(told.at(-1)).toBe('start device-silent')
  expect(book.alarms.standing.at(-1)?.message).toBe('203 more devices are silent')
  expect(watch.counts).toEqual([
    { tenant: 'kranj', devices: 1_203, silent: 1_203, neverHeard: 0, lowBattery: 0 },
  ])
  for (const { id } of provisioned.slice(0, 1_200)) hear(id)
  expect(await look()).toHaveLength(1_000 + 3 + 1)
  expect(book.standing).toEqual([
    'device-silent six-1200',
    'device-silent six-1201',
    'device-silent six-1202',
  ])
})

describe('the list of devices', () => {
  beforeEach(async () => {
    provisioned = [
      ...['six-1', 'six-2', 'six-3'].map(id => createDevice(id)),
      createDevice('six-1', { tenant: 'bled' }),
    ]
    await watch.provision()
    hear('six-2')
    watch.hearBattery({ tenant: 'kranj', device: 'six-3', percent: 3, at: NINE })
    wait(21 * MINUTE)
    hear('six-3')
  })

  test.each([
    [{}, ['kranj/six-1', 'kranj/six-2', 'kranj/six-3', 'bled/six-1']],
    [{ tenant: 'bled' }, ['bled/six-1']],
    [{ state: 'silent' }, ['kranj/six-2']],
    [{ state: 'never-heard' }, ['kranj/six-1', 'bled/six-1']],
    [{ state: 'ok' }, ['kranj/six-3']],
    [{ lowBattery: true }, ['kranj/six-3']],
    [{ lowBattery: false, tenant: 'kranj' }, ['kranj/six-1', 'kranj/six-2']],
  ] as const)('for %j', (query, ids) => {
    const { devices } = watch.states.list({ limit: 9, ...query })
    expect(devices.map(({ tenant, id }) => `${tenant}/${id}`)).toEqual(ids)
  })

  test('comes in pages, the last of which says so', () => {
    const seen: string[] = []
    let after: number | undefined
    do {
      const page = watch.states.list({ limit: 2, tenant: 'kranj', ...(after !== undefined && { after }) })
      seen.push(page.devices.map(({ id }) => id).join())
      after = page.last
    } while (after !== undefined)
    expect(seen).toEqual(['six-1,six-2', 'six-3'])
  })
})
