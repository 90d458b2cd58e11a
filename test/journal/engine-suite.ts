/** What every engine has to do. A new engine is done when it passes this. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Engine } from '../../src/journal/engine.ts'

export interface OpenedEngine {
  readonly engine: Engine
  /** A second opening of the same store, as the draining thread has. */
  openAgain(): Promise<Engine>
}

export function testEngine(name: string, open: () => Promise<OpenedEngine>): void {
  describe(`the ${name} engine`, () => {
    let opened: OpenedEngine
    beforeEach(async () => {
      opened = await open()
    })
    const put = (key: readonly (string | number)[], text: string) => ({
      table: 'chunks' as const,
      key,
      value: Buffer.from(text),
    })
    const list = async (range: Parameters<Engine['range']>[1], engine = opened.engine) =>
      (await engine.range('chunks', range)).map(({ key, value }) => [key.join('/'), value.toString()])

    test('gives back what was committed, and nothing for a key that is not there', async () => {
      await opened.engine.commit([put(['kranj', 0], 'a')])
      expect((await opened.engine.get('chunks', ['kranj', 0]))?.toString()).toBe('a')
      expect(await opened.engine.get('chunks', ['kranj', 1])).toBeUndefined()
      expect(await opened.engine.get('lanes', ['kranj', 0])).toBeUndefined()
    })

    test('orders numbers by value, not as text', async () => {
      await opened.engine.commit(
        [10, 9, 1_000_000, 2, 0].map(position => put(['kranj', position], String(position))),
      )
      const entries = await list({ within: ['kranj'], from: ['kranj', 2], limit: 10 })
      expect(entries.map(([, value]) => value)).toEqual(['2', '9', '10', '1000000'])
    })

    test('keeps a scan within its prefix, also where one tenant’s name begins with another’s', async () => {
      await opened.engine.commit([put(['kranj', 1], 'a'), put(['kranj_2', 0], 'b'), put(['koper', 5], 'c')])
      expect(await list({ within: ['kranj'], from: ['kranj'], limit: 10 })).toEqual([['kranj/1', 'a']])
    })

    test('scans backwards from a key, included, within its prefix', async () => {
      await opened.engine.commit([
        put(['koper', 9], 'x'),
        put(['kranj', 1], 'a'),
        put(['kranj', 5], 'b'),
        put(['kranj', 9], 'c'),
      ])
      const range = { within: ['kranj'], limit: 2, backwards: true }
      expect(await list({ ...range, from: ['kranj', 5] })).toEqual([
        ['kranj/5', 'b'],
        ['kranj/1', 'a'],
      ])
      expect(await list({ ...range, from: ['kranj', 4] })).toEqual([['kranj/1', 'a']])
      expect(await list({ ...range, from: ['kranj', 0] })).toEqual([])
    })

    test('takes no more entries than the limit', async () => {
      await opened.engine.commit([0, 1, 2].map(position => put(['kranj', position], 'x')))
      expect(await list({ within: ['kranj'], from: ['kranj'], limit: 2 })).toHaveLength(2)
    })

    test('removes a key in the same commit that puts another', async () => {
      await opened.engine.commit([put(['kranj', 0], 'a')])
      await opened.engine.commit([{ table: 'chunks', key: ['kranj', 0] }, put(['kranj', 1], 'b')])
      expect(await list({ within: ['kranj'], from: ['kranj'], limit: 10 })).toEqual([['kranj/1', 'b']])
    })

    test('shows a commit to every other opening as soon as it has resolved', async () => {
      const other = await opened.openAgain()
      for (let position = 0; position < 50; position++) {
        await opened.engine.commit([put(['kranj', position], String(position))])
        const [last] = await list({ within: ['kranj'], from: ['kranj', position], limit: 1 }, other)
        expect(last).toEqual([`kranj/${position}`, String(position)])
      }
    })

    test('leaves values that were read as they were, whatever is written later', async () => {
      await opened.engine.commit([put(['kranj', 0], 'first'.repeat(2_000)), put(['kranj', 1], 'second')])
      const before = await opened.engine.range('chunks', { within: ['kranj'], from: ['kranj'], limit: 10 })
      await opened.engine.commit([put(['kranj', 0], 'other'.repeat(2_000)), put(['kranj', 1], 'values')])
      await opened.engine.range('chunks', { within: ['kranj'], from: ['kranj'], limit: 10 })
      expect(before.map(({ value }) => value.toString())).toEqual(['first'.repeat(2_000), 'second'])
    })
  })
}
