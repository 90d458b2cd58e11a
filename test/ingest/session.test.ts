import { describe, expect, jest, test } from '@jest/globals'
import { Rates } from '../../src/ingest/limits/rates.ts'
import { Session } from '../../src/ingest/session.ts'
import { createLimits, createRegistry, type Login, toCredential } from './test-ingest.ts'

const REGISTRY = createRegistry({
  tenants: [{ id: 'kranj' }],
  devices: ['dev', 'other'].map(id => ({ tenant: 'kranj', id, profile: 'p' })),
})
/** As many topics as one session remembers. */
const TOPICS_MAX = 4_096
const LIMITS = { topicLevels: 5, topicBytes: 64, subscriptions: 4 }

describe('a topic', () => {
  test.each<[string, Login, string, string, boolean]>([
    ['without a right', { username: 'g' }, 'tromost/dev/up', 'dev', false],
    [
      'that is granted by name',
      { username: 'g', publish: ['a', 'tromost/dev/up'] },
      'tromost/dev/up',
      'dev',
      true,
    ],
    ['that is granted by wildcard', { username: 'g', publish: ['tromost/+/up'] }, 'tromost/x/up', 'x', true],
    [
      'beside what is granted by name',
      { username: 'g', publish: ['tromost/dev/up'] },
      'tromost/x/up',
      'x',
      false,
    ],
    ['that names no device', { username: 'g', publish: ['#'] }, 'weather', '', true],
    ['of the device itself', { username: 'dev', device: 'dev' }, 'tromost/dev/up', 'dev', true],
    [
      'of the device, by its rule',
      { username: 'dev', device: 'dev', publish: ['a', 'tromost/dev/up'] },
      'tromost/dev/up',
      'dev',
      true,
    ],
    [
      'of the device, against its rule',
      { username: 'dev', device: 'dev', publish: ['a'] },
      'tromost/dev/up',
      'dev',
      false,
    ],
    [
      'of another device',
      { username: 'dev', device: 'dev', publish: ['#'] },
      'tromost/other/up',
      'other',
      false,
    ],
    ['of no device, for one', { username: 'dev', device: 'dev', publish: ['#'] }, 'weather', '', false],
  ])('%s is judged', (_case, login, topic, deviceId, isAllowed) => {
    const session = createSession(login, REGISTRY)
    expect(session.getTopic(topic)).toMatchObject({ name: topic, deviceId, isAllowed, isKept: true })
    expect(session.getTopic(topic)).toMatchObject({ name: topic, deviceId, isAllowed, isKept: true })
  })

  test.each(['spBv1.0/STATE/scada', 'spBv1.0/kranj/NCMD/gw-1', 'spBv1.0/kranj/DCMD/gw-1/park-1'])(
    '%s is for others, and nothing of it is kept',
    topic => {
      const session = createSession({ username: 'g', publish: ['spBv1.0/#'] }, REGISTRY)
      expect(session.getTopic(topic)).toMatchObject({
        name: topic,
        deviceId: '',
        isAllowed: true,
        isKept: false,
      })
      expect(session.getPlainTopic(topic)).toBeUndefined()
    },
  )

  test('is looked up once, until there are more than a session remembers', () => {
    const resolve = jest.spyOn(REGISTRY, 'resolve')
    const session = createSession({ username: 'g', publish: ['#'] }, REGISTRY)
    const topics = Array.from({ length: TOPICS_MAX }, (_, index) => `tromost/${index}/up`)
    for (const topic of [...topics, ...topics]) session.getTopic(topic)
    expect(resolve).toHaveBeenCalledTimes(TOPICS_MAX)
    session.getTopic('tromost/one-more/up')
    expect(session.getTopic('tromost/0/up')).toMatchObject({
      name: 'tromost/0/up',
      deviceId: '0',
      isAllowed: true,
      isKept: true,
    })
    expect(resolve).toHaveBeenCalledTimes(TOPICS_MAX + 2)
    resolve.mockRestore()
  })
})

describe('a filter', () => {
  const session = createSession({ username: 'g', subscribe: ['news/#', 'dev/+/down'] }, REGISTRY)

  test.each([
    ['news', true],
    ['news/+', true],
    ['dev/+/down', true],
    ['dev/1/down', true],
    ['dev/#', false],
    ['#', false],
    ['$SYS/#', false],
  ])('%s may be subscribed to: %p', (filter, isAllowed) => {
    expect(session.subscribe(filter)).toBe(isAllowed ? 'granted' : 'forbidden')
  })

  test.each([
    ['news', true],
    ['news/sport/x', true],
    ['dev/1/down', true],
    ['dev/1/up', false],
    ['$SYS/x', false],
  ])('a message on %s may be received: %p', (topic, isAllowed) => {
    expect(session.mayReceive(topic)).toBe(isAllowed)
  })

  test('is none at all without a right', () => {
    const nobody = createSession({ username: 'g', publish: ['#'] }, REGISTRY)
    expect([nobody.subscribe('news'), nobody.mayReceive('news')]).toEqual(['forbidden', false])
  })
})

test('a topic names the device that it names now, however long the client is connected', () => {
  const registry = createRegistry({ tenants: [{ id: 'kranj', routes: [] }] })
  const session = createSession({ username: 'g', publish: ['#'] }, registry)
  expect([session.getTopic('here/dev').deviceId, session.getPlainTopic('here/dev')?.deviceId]).toEqual([
    '',
    '',
  ])
  const changed = createRegistry({ tenants: [{ id: 'kranj', routes: [{ topic: 'here/{device}' }] }] })
  registry.apply([{ kind: 'tenant', id: 'kranj', value: changed.getTenant('kranj') }])
  expect(session.getPlainTopic('here/dev')?.deviceId).toBe('dev')
  expect(session.getTopic('here/dev').deviceId).toBe('dev')
})

function createSession(login: Login, registry: typeof REGISTRY): Session {
  const rates = new Rates(createLimits())
  const credential = toCredential(login)
  return new Session(credential, registry, LIMITS, rates.open(credential.id))
}
