import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { until } from '../support/until.ts'
import { TestIngest } from './test-ingest.ts'

const KEPT = { clientId: 'kept', clean: false }
const SPEAKER = { username: 'speaker', publish: ['#'] }
const LISTENER = { username: 'listener', subscribe: ['#'] }

let ingest: TestIngest

beforeEach(async () => {
  ingest = await TestIngest.open({ logins: [SPEAKER, LISTENER] })
})

afterEach(() => ingest.close())

test('who may not publish a topic any more has nothing retained on it; the rest stays', async () => {
  const speaker = await ingest.connect('speaker')
  for (const topic of ['plan', 'news']) await speaker.publish(topic, 'x', { retain: true })
  ingest.change({ ...SPEAKER, publish: ['news'] })
  await speaker.closed()
  const listener = await ingest.connect('listener')
  await listener.subscribe('plan', 'news')
  await until('the other one is there', () => listener.messages.length > 0)
  expect(listener.messages).toEqual(['news=x'])
})

test('who may not subscribe to a topic any more is cut, and gets nothing of it that has waited', async () => {
  const first = await ingest.connect('listener', KEPT)
  await first.subscribe('plan', 'news')
  await first.end()
  await until('it is gone', () => ingest.observed.openSockets === 0)
  const speaker = await ingest.connect('speaker')
  await speaker.publish('plan', 'before')
  const online = await ingest.connect('listener')
  ingest.change({ ...LISTENER, subscribe: ['news'] })
  await online.closed()
  await speaker.publish('plan', 'after')
  // What was taken away does not come back with the right.
  ingest.change(LISTENER)
  await speaker.publish('plan', 'again')
  await speaker.publish('news', 'x')
  const back = await ingest.connect('listener', KEPT)
  await until('the news are there', () => back.messages.length > 0)
  expect(back.messages).toEqual(['news=x'])
})
