import { beforeEach, expect, test } from '@jest/globals'
import { IdempotentAnswers } from '../../src/admin/idempotency.ts'

const DAY_MS = 24 * 3_600_000
const answer = (body: string) => ({ status: 200, headers: {}, body })

let answers: IdempotentAnswers

beforeEach(() => {
  answers = new IdempotentAnswers()
})

function answerAt(key: string, body: string, now: number): void {
  expect(answers.begin(key, 'digest', now)).toBeUndefined()
  answers.end(key, answer(body))
}

test('an answer is kept for a day', () => {
  answerAt('k', 'one', 1_000)
  expect(answers.begin('k', 'digest', 1_000 + DAY_MS - 1)).toEqual(answer('one'))
  expect(answers.begin('k', 'digest', 1_000 + DAY_MS)).toBeUndefined()
  expect(answers.bytes).toBe(0)
})

test('of more than a thousand answers the oldest go', () => {
  for (let count = 0; count <= 1_000; count += 1) answerAt(`k${count}`, 'x', count)
  expect(answers.begin('k1', 'digest', 2_000)).toEqual(answer('x'))
  expect(answers.begin('k0', 'digest', 2_000)).toBeUndefined()
})

test('of more than 16 MiB of answers the oldest go', () => {
  const mebibyte = 'x'.repeat(1024 * 1024)
  for (let count = 0; count < 17; count += 1) answerAt(`k${count}`, mebibyte, count)
  expect(answers.bytes).toBe(16 * 1024 * 1024)
  expect(answers.begin('k16', 'digest', 100)).toEqual(answer(mebibyte))
  expect(answers.begin('k0', 'digest', 100)).toBeUndefined()
})

test('what is under way stays, however many answers come meanwhile', () => {
  answers.begin('slow', 'digest', 0)
  for (let count = 0; count < 2_000; count += 1) answerAt(`k${count}`, 'x', count)
  expect(() => answers.begin('slow', 'digest', 3_000)).toThrow('under way')
  answers.end('slow', answer('done'))
  expect(answers.begin('k1999', 'digest', 3_000)).toEqual(answer('x'))
})

test('an answer that shows a secret is forgotten, and the request is not done again all the same', () => {
  answerAt('k', 'password', 0)
  answerAt('other', 'x', 0)
  answers.forgetSecret('k')
  answers.forgetSecret('nobody')
  expect(answers.bytes).toBe(1)
  expect(() => answers.begin('k', 'digest', 1)).toThrow('showed a secret')
  expect(() => answers.begin('k', 'another', 1)).toThrow('expected one that no other request had')
  expect(answers.begin('k', 'digest', DAY_MS)).toBeUndefined()
  expect(answers.bytes).toBe(0)
})
