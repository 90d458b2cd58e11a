import { describe, expect, test } from '@jest/globals'
import { parseArray } from '../../../src/decode/sparkplug/array.ts'
import { Definitions } from '../../../src/decode/sparkplug/definitions.ts'
import { isTyped, toValue } from '../../../src/decode/sparkplug/value.ts'
import { toShortest } from '../../../src/decode/sparkplug/wire.ts'

/** Datatypes of Sparkplug 3.0, 6.4.16. */
const [INT8, INT16, INT32, INT64, UINT8, UINT64, BOOLEAN, DATE_TIME] = [1, 2, 3, 4, 5, 8, 11, 13]

describe('an integer of a metric', () => {
  test.each([
    [INT8, 127, 127],
    [INT8, 128, -128],
    [INT8, 255, -1],
    [INT8, 2 ** 32 - 128, -128],
    [INT8, -128, -128],
    [INT8, 0, 0],
    [INT16, 32_767, 32_767],
    [INT16, 32_768, -32_768],
    [INT32, 2 ** 31 - 1, 2 ** 31 - 1],
    [INT32, 2 ** 31, -(2 ** 31)],
    [INT32, 2 ** 32 - 1, -1],
    [INT64, -5, -5],
    [UINT8, 0, 0],
    [UINT8, 255, 255],
    [UINT64, 0, 0],
    [UINT64, -(2 ** 63), 2 ** 63],
    [BOOLEAN, 0, false],
    [BOOLEAN, 1, true],
    [DATE_TIME, 0, '1970-01-01T00:00:00.000Z'],
    [DATE_TIME, 8.64e15, '+275760-09-13T00:00:00.000Z'],
    [DATE_TIME, 8.64e15 + 2, 8.64e15 + 2],
  ])('of datatype %i that was sent as %d is %j', (type, integer, expected) => {
    expect(toValue({ type, value: { integer } })).toBe(expected)
  })

  test.each([
    [INT8, 256, 'integers of 8 bits'],
    [INT8, 2 ** 32 - 129, 'integers of 8 bits'],
    [INT8, -129, 'integers of 8 bits'],
    [INT16, 65_536, 'integers of 16 bits'],
    [INT16, 2 ** 32 + 1, 'integers of 16 bits'],
    [INT32, 2 ** 32, 'integers of 32 bits'],
    [INT32, 2 ** 33, 'integers of 32 bits'],
    [INT32, -(2 ** 31) - 1, 'integers of 32 bits'],
  ])('of datatype %i that was sent as %d is refused', (type, integer, problem) => {
    expect(() => toValue({ type, value: { integer } })).toThrow(problem)
  })
})

describe('a metric', () => {
  test.each([
    [{ name: 'a' }, true],
    [{ name: 'a', isNull: true, value: { integer: 1 } }, true],
    [{ name: 'a', type: INT8, value: { integer: 1 } }, true],
    [{ name: 'a', value: { plain: 1.5 } }, true],
    [{ name: 'a', value: { integer: 1 } }, false],
    [{ name: 'a', value: { bytes: Buffer.from([1]) } }, false],
    [{ name: 'a', value: template([{ value: { plain: 1 } }, { type: INT8, value: { integer: 1 } }]) }, true],
    [{ name: 'a', value: template([{ value: { plain: 1 } }, { value: { integer: 1 } }]) }, false],
  ])('%j tells its type without a birth: %j', (metric, expected) => {
    expect(isTyped(metric)).toBe(expected)
  })

  test.each([
    [{}, null],
    [{ isNull: true, value: { plain: 1 } }, null],
    [{ quality: 0, value: { plain: 1 } }, null],
    [{ quality: 192, value: { plain: 1 } }, 1],
    [{ value: { bytes: Buffer.from('0aff', 'hex') } }, '0aff'],
  ])('%j has the value %j', (metric, expected) => {
    expect(toValue(metric)).toBe(expected)
  })

  test('that is a template has its members by name, or by the alias that its birth gave them', () => {
    const members = [{ name: 'level', alias: '4', type: INT8 }]
    const [definition] = [Definitions.of([{ name: 'pump', value: template(members) }]).find({ name: 'pump' })]
    const sent = [{ alias: '4', value: { integer: 255 } }]
    expect(toValue({ name: 'pump', value: template(sent) }, definition)).toEqual({ level: -1 })
    expect(() => toValue({ name: 'pump', value: template(sent) })).toThrow(
      'a name for each member of a template',
    )
    expect(() => toValue({ value: template([{ alias: '5', value: { plain: 1 } }]) }, definition)).toThrow(
      'a name for each member of a template',
    )
  })
})

describe('what a birth defines', () => {
  test('is found by name, else by alias, of the metrics that have a name', () => {
    const definitions = Definitions.of([
      { name: 'level', alias: '1', type: INT8 },
      { alias: '2', type: INT8 },
      { name: 'bare' },
    ])
    expect(definitions.data).toEqual([{ name: 'level', alias: '1', type: INT8 }, { name: 'bare' }])
    expect(definitions.find({ name: 'level' })?.type).toBe(INT8)
    expect(definitions.find({ alias: '1' })?.name).toBe('level')
    expect(definitions.find({ alias: '2' })).toBeUndefined()
    expect(definitions.find({ name: 'other', alias: '1' })).toBeUndefined()
    expect(definitions.find({})).toBeUndefined()
  })

  test('is the same text for the same definitions', () => {
    const metrics = [{ name: 'level', type: INT8 }]
    expect(Definitions.of(metrics).text).toBe('[{"name":"level","type":1}]')
  })
})

describe('an array', () => {
  const BOOLEANS = 32
  const TEXTS = 33
  const DATES = 34

  test.each([
    [22, 'ef7b', [-17, 123]],
    [22, '', []],
    [BOOLEANS, '00000000', []],
    [BOOLEANS, '01000000 80', [true]],
    [BOOLEANS, '09000000 0180', [false, false, false, false, false, false, false, true, true]],
    [TEXTS, '', []],
    [TEXTS, '00', ['']],
    [TEXTS, 'c5be00 6200', ['ž', 'b']],
    [DATES, '0000dc c208b21e00', ['+275760-09-13T00:00:00.000Z']],
    [DATES, '0200dc c208b21e00', [8_640_000_000_000_002]],
    [9, '00', undefined],
  ])('of datatype %i in %j is %j', (type, hex, expected) => {
    expect(parseArray(type, Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toEqual(expected)
  })

  test.each([
    [23, 'ef', 'arrays of items of 2 bytes'],
    [BOOLEANS, '', 'arrays of booleans with their count'],
    [BOOLEANS, '010000', 'arrays of booleans with their count'],
    [BOOLEANS, '05000000', 'arrays of booleans with their count'],
    [BOOLEANS, '05000000 ffff', 'arrays of booleans with their count'],
    [TEXTS, '61', 'arrays of texts in UTF-8, each with a zero behind it'],
    [TEXTS, 'ff00', 'arrays of texts in UTF-8, each with a zero behind it'],
  ])('of datatype %i in %j is refused', (type, hex, problem) => {
    expect(() => parseArray(type, Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toThrow(problem)
  })
})

test.each([21.4, 0.1, 16_777.217, 1.234_567_9e-10, -0.3, 5, 0])(
  'a float of 32 bits is read as the decimal %d that was meant',
  decimal => {
    expect(toShortest(Math.fround(decimal))).toBe(decimal)
  },
)

function template(members: readonly object[]) {
  return { template: { isDefinition: false, members, parameters: [] } }
}
