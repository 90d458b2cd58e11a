import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { TestIngest } from './test-ingest.ts'

const KEPT = { clientId: 'kept', clean: false }
const RIGHTS = { publish: ['#'], subscribe: ['#'] }

let ingest: TestIngest

beforeEach(async () => {
  ingest = await TestIngest.open({
    logins: [
      { username: 'kranj', ...RIGHTS },
      { username: 'bled', tenant: 'bled', ...RIGHTS },
    ],
    provision: { tenants: [{ id: 'kranj' }, { id: 'bled' }] },
  })
})

afterEach(() => ingest.close())

test('two tenants use the same topic, and neither hears the other: live, retained, or from a queue', async () => {
  const waiting = await ingest.connect('bled', KEPT)
  await waiting.subscribe('news')
  await waiting.end()
  const speaker = await ingest.connect('kranj')
  const listener = await ingest.connect('bled')
  await listener.subscribe('news')
  await until('the first one is gone', () => ingest.observed.openSockets === 2)
  await speaker.publish('news', 'of kranj', { retain: true })
  const late = await ingest.connect('bled')
  await late.subscribe('#')
  const back = await ingest.connect('bled', KEPT)
  await late.publish('news', 'of bled')
  await until('all have heard their own', () =>
    [listener, late, back].every(({ messages }) => messages.length > 0),
  )
  expect([listener, late, back].map(({ messages }) => messages)).toEqual(Array(3).fill(['news=of bled']))
})

test('each tenant has a retained message of its own for the same topic', async () => {
  for (const name of ['kranj', 'bled'])
    await (await ingest.connect(name)).publish('news', `of ${name}`, { retain: true })
  const heard = await Promise.all(
    ['kranj', 'bled'].map(async name => {
      const client = await ingest.connect(name)
      await client.subscribe('news')
      await until('it is there', () => client.messages.length > 0)
      return client.messages
    }),
  )
  expect(heard).toEqual([['news=of kranj'], ['news=of bled']])
})
