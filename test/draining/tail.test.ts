import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { Tail, type TailReport } from '../../src/draining/tail.ts'
import type { Message } from '../../src/reading.ts'

const DELIVERED = { kind: 'delivered' } as const

let told: TailReport[]
let tail: Tail

beforeEach(() => {
  jest.useFakeTimers()
  told = []
  tail = new Tail(report => told.push(report))
})

afterEach(() => {
  jest.useRealTimers()
})

function settle(tenant: string, device: string, position = 0): void {
  const message: Message = { tenant, device, topic: 't', payload: Buffer.from('x'), receivedAt: 1, qos: 1 }
  tail.settle('main', position, message, DELIVERED)
}

function flush(): readonly string[] {
  jest.advanceTimersByTime(100)
  return told.flatMap(({ settled }) => settled.map(({ message }) => `${message.tenant}/${message.device}`))
}

test('nothing is told, and no timer runs, while nobody listens', () => {
  settle('kranj', 'a')
  expect(jest.getTimerCount()).toBe(0)
  expect(flush()).toEqual([])
})

test('what is told is what somebody wants, and nothing after he left', () => {
  tail.listen([{ tenant: 'kranj', device: 'a' }, { tenant: 'bled' }])
  settle('kranj', 'a')
  settle('kranj', 'b')
  settle('bled', 'b')
  settle('bohinj', 'a')
  expect(flush()).toEqual(['kranj/a', 'bled/b'])
  tail.listen([])
  settle('kranj', 'a')
  expect(flush()).toEqual(['kranj/a', 'bled/b'])
})

test('a message has its bytes, its place and its outcome', () => {
  tail.listen([{}])
  settle('kranj', 'a', 7)
  flush()
  expect(told).toEqual([
    {
      settled: [
        {
          destination: 'main',
          position: 7,
          outcome: DELIVERED,
          message: {
            tenant: 'kranj',
            device: 'a',
            topic: 't',
            payload: Uint8Array.from([0x78]),
            receivedAt: 1,
            qos: 1,
          },
        },
      ],
      dropped: 0,
    },
  ])
})

test('more than 50 in a tenth of a second are counted, and the next ones are told again', () => {
  tail.listen([{}])
  for (let position = 0; position < 60; position += 1) settle('kranj', 'a', position)
  expect(flush()).toHaveLength(50)
  expect(told[0]?.dropped).toBe(10)
  settle('kranj', 'a', 60)
  flush()
  expect(told[1]).toMatchObject({ settled: [{ position: 60 }], dropped: 0 })
})
