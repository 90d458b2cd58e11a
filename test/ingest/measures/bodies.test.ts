import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, test } from '@jest/globals'
import { Bodies } from '../../../src/ingest/measures/bodies.ts'

function createRequest(): IncomingMessage {
  return new IncomingMessage(new Socket())
}

test('bodies that come slowly are refused once they hold too much together, and taken again after that', async () => {
  const bodies = new Bodies(100, 150)
  const slow = createRequest()
  slow.push('x'.repeat(100))
  const first = bodies.read(slow)
  await new Promise(setImmediate)
  const second = createRequest()
  second.push('x'.repeat(60))
  await expect(bodies.read(second)).rejects.toMatchObject({ code: 'MEASURES_BUSY', status: 503 })
  slow.push(null)
  expect(await first).toEqual(Buffer.from('x'.repeat(100)))
  const third = createRequest()
  third.push('x'.repeat(60))
  third.push(null)
  expect(await bodies.read(third)).toEqual(Buffer.from('x'.repeat(60)))
})
