import { expect, test } from '@jest/globals'
import { Turns } from '../../src/draining/turns.ts'

/** Work whose end the test decides. */
function createWork() {
  let end: (result: string | Error) => void = () => {}
  const work = new Promise<string>((resolve, reject) => {
    end = result => (typeof result === 'string' ? resolve(result) : reject(result))
  })
  return { work, end: (result: string | Error) => end(result) }
}

function createRecorder() {
  const told: string[] = []
  const turn = {
    use: (value: string) => {
      told.push(value)
      if (value === 'unfit') throw new Error('does not fit')
    },
    fail: (error: unknown) => told.push(String(error)),
  }
  return { told, turn }
}

/** What was begun by now has been told when this resolves. */
function settleAll(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

test('what a device began later is told later, however early it ends', async () => {
  const turns = new Turns()
  const { told, turn } = createRecorder()
  const [first, second, third] = [createWork(), createWork(), createWork()]
  for (const { work } of [first, second, third]) turns.take('d1', work, turn)
  third.end('third')
  second.end(new Error('second'))
  await settleAll()
  expect(told).toEqual([])
  first.end('first')
  await settleAll()
  expect(told).toEqual(['first', 'Error: second', 'third'])
})

test('one device does not wait for another', async () => {
  const turns = new Turns()
  const { told, turn } = createRecorder()
  const [first, second] = [createWork(), createWork()]
  turns.take('d1', first.work, turn)
  turns.take('d2', second.work, turn)
  second.end('of d2')
  await settleAll()
  expect(told).toEqual(['of d2'])
})

test('what its use throws is told as a failure, and what comes after it goes on', async () => {
  const turns = new Turns()
  const { told, turn } = createRecorder()
  turns.take('d1', Promise.resolve('unfit'), turn)
  turns.take('d1', Promise.resolve('fit'), turn)
  await settleAll()
  expect(told).toEqual(['unfit', 'Error: does not fit', 'fit'])
})

test('a device has its turn taken until the last of its work was used, and not after it', async () => {
  const turns = new Turns()
  const { turn } = createRecorder()
  const [first, second] = [createWork(), createWork()]
  const taken = () => [turns.isTaken('d1'), turns.isTaken('d2')]
  expect(taken()).toEqual([false, false])
  turns.take('d1', first.work, turn)
  turns.take('d1', second.work, turn)
  first.end('first')
  await settleAll()
  expect(taken()).toEqual([true, false])
  second.end('second')
  await settleAll()
  expect(taken()).toEqual([false, false])
})
