import { expect, jest, test } from '@jest/globals'
import { AwaySessions } from '../../../src/ingest/store/away-sessions.ts'

test('a session that nobody comes back to is dropped in time, and one that somebody came back to is not', () => {
  jest.useFakeTimers()
  const dropped: string[] = []
  const limits = { keptSessions: 10, sessionExpiry: 120_000 }
  const away = new AwaySessions({ limits, onDrop: (clientId, code) => dropped.push(`${clientId} ${code}`) })
  for (const clientId of ['first', 'back']) away.leave(clientId)
  jest.advanceTimersByTime(60_000)
  away.leave('later')
  away.forget('back')
  expect(dropped).toEqual([])
  jest.advanceTimersByTime(60_000)
  expect(dropped).toEqual(['first SESSION_EXPIRED'])
  jest.advanceTimersByTime(60_000)
  expect(dropped).toEqual(['first SESSION_EXPIRED', 'later SESSION_EXPIRED'])
  away.close()
  jest.useRealTimers()
})
