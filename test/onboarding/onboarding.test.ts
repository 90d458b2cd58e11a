import { afterEach, describe, expect, test } from '@jest/globals'
import { ACTOR, TestOnboarding } from './test-onboarding.ts'

let test1: TestOnboarding

async function open(): Promise<TestOnboarding> {
  test1 = await TestOnboarding.open()
  return test1
}

afterEach(() => test1.onboarding.close())

describe('the list', () => {
  test('has a line for each device that nobody knows, who spoke last first, and no other refused messages', async () => {
    const town = await open()
    await town.hold(
      { device: 'a', receivedAt: 1_000, payload: 'first' },
      { device: 'b', receivedAt: 2_000, topic: 'x/b', payload: Buffer.from([0, 255]) },
      { device: 'a', receivedAt: 3_000, topic: 'tromost/a/other', payload: 'last' },
      { device: 'c', receivedAt: 4_000, code: 'DECODE_FAILED' },
    )
    expect(await town.list()).toEqual({
      devices: [
        {
          ...{ id: 'a', messages: 2, firstSeen: 1_000, lastSeen: 3_000, isProvisioned: false, profiles: [] },
          topics: ['tromost/a/up', 'tromost/a/other'],
          looks: { topic: 'tromost/a/other', receivedAt: 3_000, bytes: 4, hex: '6c617374', text: 'last' },
        },
        {
          ...{ id: 'b', messages: 1, firstSeen: 2_000, lastSeen: 2_000, isProvisioned: false, profiles: [] },
          topics: ['x/b'],
          looks: { topic: 'x/b', receivedAt: 2_000, bytes: 2, hex: '00ff' },
        },
      ],
      ...{ total: 2, unnamed: { messages: 0, topics: [] }, moreMessages: 0 },
    })
  })

  test('tells topics that name no device apart: nothing can be accepted of them', async () => {
    const town = await open()
    await town.hold({ device: '', topic: 'some/thing' }, { device: '', topic: 'some/other' }, { device: 'a' })
    expect(await town.list()).toMatchObject({
      ...{ total: 1, devices: [{ id: 'a' }] },
      unnamed: { messages: 2, topics: ['some/thing', 'some/other'] },
    })
  })

  test('comes in pages, and a page ends where the next begins', async () => {
    const town = await open()
    await town.hold(...['a', 'b', 'c', 'd', 'e'].map(device => ({ device, receivedAt: 7 })))
    const first = await town.onboarding.list('kranj', { limit: 2 })
    expect([first.devices.map(({ id }) => id), first.next]).toEqual([['a', 'b'], { lastSeen: 7, id: 'b' }])
    const second = await town.onboarding.list('kranj', { limit: 3, after: first.next })
    expect([second.devices.map(({ id }) => id), second.next, second.total]).toEqual([
      ['c', 'd', 'e'],
      undefined,
      5,
    ])
  })

  test('is bounded: of somebody who makes up ids all day ten thousand are told, and how much more there is', async () => {
    const town = await open()
    await town.hold(...Array.from({ length: 10_003 }, (_, index) => ({ device: `made-up-${index}` })))
    const { total, moreMessages } = await town.list(1)
    expect([total, moreMessages]).toEqual([10_000, 3])
  })

  test('counts a message once that two destinations hold', async () => {
    const town = await open()
    town.destinations = ['main', 'mirror']
    await town.hold({ device: 'a' }, { device: 'a' })
    expect((await town.list()).devices[0]).toMatchObject({ messages: 2 })
  })
})

describe('a device that is accepted', () => {
  test('is provisioned, and what was held of it is sent in the order in which it came, to each destination', async () => {
    const town = await open()
    town.destinations = ['main', 'mirror']
    await town.hold({ device: 'a' }, { device: 'b' }, { device: 'a' })
    const value = { profile: 'elsys-ers', name: 'Park', location: [14.3, 46.2] }
    const order = { tenant: 'kranj', device: 'a', value, actor: ACTOR, dryRun: false }
    expect(await town.onboarding.accept(order)).toMatchObject({
      device: { id: 'a', revision: 1, value: { name: 'Park', location: [14.3, 46.2] } },
      delivery: { finished: true, outcomes: { delivered: 4 }, refusals: {} },
    })
    expect(town.replays).toEqual(
      ['main', 'mirror'].map(destination => ({
        ...{ tenant: 'kranj', destination, dryRun: false },
        filter: { reason: 'DEVICE_UNKNOWN', positions: [0, 2] },
      })),
    )
    expect((await town.list()).devices.map(({ id }) => id)).toEqual(['b'])
  })

  test('as a dry run is only checked', async () => {
    const town = await open()
    await town.hold({ device: 'a' })
    const order = { tenant: 'kranj', device: 'a', actor: ACTOR, dryRun: true }
    expect(await town.onboarding.accept({ ...order, value: { profile: 'elsys-ers' } })).toMatchObject({
      device: { id: 'a' },
      delivery: { outcomes: {} },
    })
    expect(await town.onboarding.accept({ ...order, value: { profile: 'nothing' } })).toMatchObject({
      refusals: [{ code: 'INVALID', faults: [{ key: 'profile' }] }],
    })
    expect([town.store.valueOf('a'), town.replays]).toEqual([undefined, []])
  })

  test('that was provisioned meanwhile needs no word of what it is', async () => {
    const town = await open()
    await town.hold({ device: 'a' })
    const order = { tenant: 'kranj', device: 'a', actor: ACTOR, dryRun: false }
    await town.store.change([{ kind: 'device', tenant: 'kranj', id: 'a', value: { profile: 'elsys-ers' } }], {
      actor: ACTOR,
      dryRun: false,
    })
    expect((await town.list()).devices[0]).toMatchObject({ id: 'a', isProvisioned: true })
    const again = { ...order, value: { profile: 'elsys-ers' } }
    expect(await town.onboarding.accept(again)).toMatchObject({ refusals: [{ code: 'EXISTS' }] })
    expect(await town.onboarding.accept({ ...order, value: undefined })).toMatchObject({
      delivery: { outcomes: { delivered: 1 } },
    })
  })
})

describe('a device that is rejected', () => {
  test('is gone with what was held of it, until it speaks again', async () => {
    const town = await open()
    await town.hold({ device: 'a' }, { device: 'b' }, { device: 'a' })
    expect(await town.onboarding.reject('kranj', 'a', { ignore: false, actor: ACTOR })).toBe(2)
    expect((await town.list()).devices.map(({ id }) => id)).toEqual(['b'])
    await town.hold({ device: 'a' })
    expect(await town.onboarding.reject('kranj', 'b', { ignore: false, actor: ACTOR })).toBe(1)
    expect((await town.list()).devices.map(({ id }) => id)).toEqual(['a'])
  })

  test('and ignored is not listed any more, and what it sends is discarded and counted, also after a restart', async () => {
    const town = await open()
    await town.hold({ device: 'a' })
    expect(await town.onboarding.reject('kranj', 'a', { ignore: true, actor: ACTOR })).toBe(1)
    await town.hold({ device: 'a' }, { device: 'a' }, { device: 'b' })
    expect((await town.list()).devices.map(({ id }) => id)).toEqual(['b'])
    await town.onboarding.discardIgnored()
    const again = await TestOnboarding.open(new Map(), town.engine)
    expect(again.onboarding.listIgnored('kranj')).toEqual([
      { id: 'a', since: expect.any(Number), by: 'ana', messages: 2 },
    ])
    expect((await again.list()).devices.map(({ id }) => id)).toEqual(['b'])
    await again.onboarding.close()
  })

  test('and ignored is listed again once somebody heeds it; each of that is told to the audit log', async () => {
    const town = await open()
    await town.onboarding.reject('kranj', 'a', { ignore: true, actor: ACTOR })
    expect(await town.onboarding.heed('kranj', 'a', ACTOR)).toBe(true)
    expect(await town.onboarding.heed('kranj', 'a', ACTOR)).toBe(false)
    await town.hold({ device: 'a' })
    expect((await town.list()).devices.map(({ id }) => id)).toEqual(['a'])
    expect(town.events).toEqual(['ana reject a', 'ana heed a'])
  })
})
