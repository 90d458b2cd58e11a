import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { type Token, TokenSource } from '../../../src/uplink/auth/token-source.ts'

/** The requests for a token that wait for an answer, and how many there were. */
let pending: { give(token: Token): void; refuse(reason: string): void }[]
let requests: number
let source: TokenSource

beforeEach(() => {
  jest.useFakeTimers()
  pending = []
  requests = 0
  source = new TokenSource(() => {
    requests += 1
    return new Promise((resolve, reject) => {
      pending.push({ give: resolve, refuse: reason => reject(new Error(reason)) })
    })
  })
})

afterEach(() => {
  jest.useRealTimers()
})

/** Answers the one request that waits. */
async function give(value: string, lifetimeMs?: number): Promise<void> {
  expect(pending).toHaveLength(1)
  pending.shift()?.give(lifetimeMs === undefined ? { value } : { value, lifetimeMs })
  await jest.advanceTimersByTimeAsync(0)
}

async function open(value: string, lifetimeMs?: number): Promise<void> {
  const first = source.get()
  await give(value, lifetimeMs)
  expect(await first).toBe(value)
}

test('everybody who needs the first token waits for one request', async () => {
  const asked = [source.get(), source.get(), source.get()]
  await give('a')
  expect(await Promise.all(asked)).toEqual(['a', 'a', 'a'])
  expect(requests).toBe(1)
})

test('a token is given at once while it is good', async () => {
  await open('a', 300_000)
  jest.advanceTimersByTime(239_000)
  expect(source.get()).toBe('a')
  expect(requests).toBe(1)
})

test('a token of a server that does not say how long it is good for is kept', async () => {
  await open('a')
  jest.advanceTimersByTime(1_000_000_000)
  expect(source.get()).toBe('a')
  expect(requests).toBe(1)
})

test('in the last fifth of its life a new one is fetched beside, and nobody waits', async () => {
  await open('a', 300_000)
  jest.advanceTimersByTime(240_000)
  expect([source.get(), source.get()]).toEqual(['a', 'a'])
  expect(requests).toBe(2)
  await give('b', 300_000)
  expect(source.get()).toBe('b')
})

test('a token server that is down for a moment is not noticed while the token is good', async () => {
  await open('a', 300_000)
  jest.advanceTimersByTime(240_000)
  expect(source.get()).toBe('a')
  pending.shift()?.refuse('down')
  await jest.advanceTimersByTimeAsync(999)
  expect(source.get()).toBe('a')
  expect(requests).toBe(2)
  await jest.advanceTimersByTimeAsync(1)
  expect(source.get()).toBe('a')
  expect(requests).toBe(3)
})

test('a token is not used any more shortly before its end', async () => {
  await open('a', 300_000)
  jest.advanceTimersByTime(290_000)
  const next = source.get()
  expect(next).toBeInstanceOf(Promise)
  await give('b', 300_000)
  expect(await next).toBe('b')
})

test('a token of a few seconds is used for most of them', async () => {
  await open('a', 2_000)
  jest.advanceTimersByTime(1_500)
  expect(source.get()).toBe('a')
})

test('a failure is told to all who wait, and the next one asks anew', async () => {
  const asked = [source.get(), source.get()].map(token => Promise.resolve(token).catch(String))
  pending.shift()?.refuse('down')
  expect(await Promise.all(asked)).toEqual(['Error: down', 'Error: down'])
  await open('a')
  expect(requests).toBe(2)
})

test('a token that was refused is replaced once for all whom it failed', async () => {
  await open('a', 300_000)
  const renewed = Array.from({ length: 8 }, () => source.renew(token => token === 'a'))
  await give('b', 300_000)
  expect(await Promise.all(renewed)).toEqual(Array(8).fill('b'))
  expect(requests).toBe(2)
})

test('a refusal that comes after the token was replaced asks for none', async () => {
  await open('a', 300_000)
  const renewed = source.renew(token => token === 'a')
  await give('b', 300_000)
  await renewed
  expect(await source.renew(token => token === 'a')).toBe('b')
  expect(requests).toBe(2)
})
