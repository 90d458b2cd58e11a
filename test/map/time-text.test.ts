import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createTimeFormat } from '../../src/map/time-text.ts'

describe('the text of an instant', () => {
  test('is the one that Date gives, whatever was asked before', () => {
    const format = createTimeFormat()
    const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2100, 0, 1) })
    fc.assert(
      fc.property(instants, fc.nat(2 * 86_400_000), (instant, step) => {
        expect(format(instant)).toBe(new Date(instant).toISOString())
        expect(format(instant + step)).toBe(new Date(instant + step).toISOString())
      }),
    )
  })
})
