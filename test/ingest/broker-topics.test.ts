import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { TestIngest } from './test-ingest.ts'

const ANYTHING = { username: 'anything', publish: ['#'] }
const NOTHING = { username: 'nothing' }

let ingest: TestIngest

afterEach(async () => {
  await ingest.close()
  jest.restoreAllMocks()
})

describe('a topic that a client may not use', () => {
  test.each([
    ['of another', 'gateway', 'zigbee2mqtt/dev'],
    ['of a deeper level', 'gateway', 'tromost/dev/up/up'],
    ['of a client without any right', 'nothing', 'tromost/dev/up'],
  ])('%s closes the connection, without acknowledgement', async (_case, username, topic) => {
    ingest = await TestIngest.open({ logins: [{ username: 'gateway', publish: ['tromost/+/up'] }, NOTHING] })
    const client = await ingest.connect(username, { clientId: 'c1' })
    client.send(topic)
    await client.closed()
    expect(client.answers('puback')).toEqual([])
    expect(ingest.held.messages).toEqual([])
    expect(ingest.observed.receivedByQos).toEqual([0, 0, 0])
    expect(ingest.observed.refusals).toEqual([
      { code: 'TOPIC_FORBIDDEN', detail: `client c1 of kranj/${username}: ${topic}` },
    ])
  })

  test('keeps what was allowed before it', async () => {
    ingest = await TestIngest.open({ logins: [{ username: 'gateway', publish: ['tromost/+/up'] }] })
    const client = await ingest.connect('gateway')
    await client.publish('tromost/dev/up')
    client.send('elsewhere')
    await client.closed()
    expect(ingest.held.topics).toEqual(['tromost/dev/up'])
  })

  test('is one with more levels than the agent takes, whatever the credential says', async () => {
    ingest = await TestIngest.open({ logins: [ANYTHING], limits: { topicLevels: 3 } })
    const client = await ingest.connect('anything')
    await client.publish('a/b/c')
    client.send('a/b/c/d')
    await client.closed()
    expect(ingest.held.topics).toEqual(['a/b/c'])
  })
})

describe('the login of a device', () => {
  const devices = ['dev', 'other'].map(id => ({ tenant: 'kranj', id, profile: 'p', apikey: 'key' }))
  const provision = { tenants: [{ id: 'kranj' }], devices }

  test.each(['tromost/dev/up', '/key/dev/attrs', 'zigbee2mqtt/dev'])(
    'may use %s, since it names the device',
    async topic => {
      ingest = await TestIngest.open({ logins: [{ username: 'dev', device: 'dev' }], provision })
      await (await ingest.connect('dev')).publish(topic)
      expect(ingest.held.messages).toMatchObject([{ device: 'dev', topic }])
    },
  )

  test.each(['tromost/other/up', 'tromost/unknown/up', 'somewhere', '/wrong/dev/attrs'])(
    'may not use %s',
    async topic => {
      ingest = await TestIngest.open({ logins: [{ username: 'dev', device: 'dev' }], provision })
      const client = await ingest.connect('dev')
      client.send(topic)
      await client.closed()
      expect(ingest.held.messages).toEqual([])
    },
  )

  test('may use only the topics of its tenant’s rule, where there is one', async () => {
    const login = { username: 'dev', device: 'dev', publish: ['tromost/+/up'] }
    ingest = await TestIngest.open({ logins: [login], provision })
    const client = await ingest.connect('dev')
    await client.publish('tromost/dev/up')
    client.send('zigbee2mqtt/dev')
    await client.closed()
    expect(ingest.held.topics).toEqual(['tromost/dev/up'])
  })

  test('may not speak for another device, whatever the rule says', async () => {
    ingest = await TestIngest.open({
      logins: [{ username: 'dev', device: 'dev', publish: ['#'] }],
      provision,
    })
    const client = await ingest.connect('dev')
    client.send('tromost/other/up')
    await client.closed()
    expect(ingest.held.messages).toEqual([])
  })
})

describe('a topic that begins with $', () => {
  test('is acknowledged and dropped, for everybody', async () => {
    ingest = await TestIngest.open({ logins: [ANYTHING, NOTHING] })
    for (const username of ['anything', 'nothing']) {
      const client = await ingest.connect(username)
      for (const qos of [0, 1, 2] as const) await client.publish('$SYS/anything', 'x', { qos })
      expect(client.isConnected).toBe(true)
    }
    expect(ingest.held.messages).toEqual([])
    expect(ingest.observed.refusals.map(({ code }) => code)).toEqual(Array(6).fill('TOPIC_RESERVED'))
  })

  test.each([0, 1, 2] as const)(
    'is none of the agent’s own that a client could write, by QoS %s',
    async qos => {
      const grabber = { username: 'grabber', publish: ['#', '$tromost/#', '$tromost/device-status/dev'] }
      const provision = {
        tenants: [{ id: 'kranj', routes: [{ topic: '$tromost/device-status/{device}' }] }],
        devices: [{ tenant: 'kranj', id: 'dev', profile: 'p' }],
      }
      const logins = [grabber, { username: 'dev', device: 'dev' }]
      ingest = await TestIngest.open({ logins, provision })
      for (const username of ['grabber', 'dev']) {
        const client = await ingest.connect(username)
        await client.publish('$tromost/device-status/dev', '{"state":"ok"}', { qos })
        await client.publish('tromost/dev/up', 'a reading', { qos })
      }
      await until('the readings are there', () => ingest.held.messages.length === 2)
      expect(ingest.held.topics).toEqual(['tromost/dev/up', 'tromost/dev/up'])
    },
  )

  test('reaches no subscriber and is not retained', async () => {
    const subscriber = { username: 'subscriber', subscribe: ['$else/#', '$SYS/#', 'end'], publish: ['end'] }
    ingest = await TestIngest.open({ logins: [NOTHING, subscriber] })
    const before = await ingest.connect('subscriber')
    expect(await before.subscribe('$else/#', 'end')).toEqual([128, 1])
    await (await ingest.connect('nothing')).publish('$else/x', 'x', { retain: true })
    const after = await ingest.connect('subscriber')
    expect(await after.subscribe('$else/#', 'end')).toEqual([128, 1])
    await after.publish('end')
    await until('both have heard the end', () => [before, after].every(({ messages }) => messages.length > 0))
    expect([before.messages, after.messages]).toEqual([['end='], ['end=']])
  })

  test.each([
    ['a message', {}],
    ['a retained message', { retain: true }],
  ])('does not steer the broker: %s cuts nobody off', async (_case, options) => {
    ingest = await TestIngest.open({ logins: [NOTHING, ANYTHING] })
    const victim = await ingest.connect('anything', { clientId: 'victim' })
    const attacker = await ingest.connect('nothing')
    await attacker.publish('$SYS/another-broker/new/clients', 'victim', options)
    await ingest.settle()
    await victim.publish('tromost/dev/up')
    expect(victim.isConnected).toBe(true)
  })

  test('is no way to leave a will behind', async () => {
    ingest = await TestIngest.open({ logins: [NOTHING, ANYTHING] })
    const victim = await ingest.connect('anything', { clientId: 'victim' })
    const payload = Buffer.from('victim')
    const will = { topic: '$SYS/another-broker/new/clients', payload, qos: 1 as const, retain: true }
    await expect(ingest.connect('nothing', { will })).rejects.toMatchObject({ code: 5 })
    await until('the agent has noticed', () => ingest.observed.openSockets === 1)
    await ingest.settle()
    await victim.publish('tromost/dev/up')
    expect(victim.isConnected).toBe(true)
  })
})

describe('which device a topic is about', () => {
  test('is found out once for each connection and topic', async () => {
    ingest = await TestIngest.open({ logins: [ANYTHING] })
    const resolve = jest.spyOn(ingest.registry, 'resolve')
    const [first, second] = [await ingest.connect('anything'), await ingest.connect('anything')]
    for (const client of [first, first, first, second]) {
      await client.publish('tromost/a/up')
      await client.publish('tromost/b/up')
    }
    expect(resolve.mock.calls).toEqual([
      ['kranj', 'tromost/a/up'],
      ['kranj', 'tromost/b/up'],
      ['kranj', 'tromost/a/up'],
      ['kranj', 'tromost/b/up'],
    ])
    expect(ingest.held.messages.map(({ device }) => device).join('')).toBe('abababab')
  })
})
