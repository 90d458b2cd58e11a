import { describe, expect, test } from '@jest/globals'
import { readRows, readText } from './files.ts'

/** How many statements each part of MQTT 3.1.1 has: 140, and the one that is printed as 3-8.3-4. */
const STATEMENTS = {
  '1.5.3': 3,
  '2.2.2': 2,
  '2.3.1': 7,
  '3.1.0': 2,
  '3.1.2': 24,
  '3.1.3': 11,
  '3.1.4': 5,
  '3.2.0': 1,
  '3.2.2': 6,
  '3.3.1': 12,
  '3.3.2': 3,
  '3.3.4': 1,
  '3.3.5': 2,
  '3.6.1': 1,
  '3.8.1': 1,
  '3.8.3': 4,
  '3.8.4': 6,
  '3.9.3': 2,
  '3.10.1': 1,
  '3.10.3': 2,
  '3.10.4': 6,
  '3.12.4': 1,
  '3.14.1': 1,
  '3.14.4': 3,
  '4.1.0': 2,
  '4.3.1': 1,
  '4.3.2': 2,
  '4.3.3': 2,
  '4.4.0': 1,
  '4.5.0': 2,
  '4.6.0': 6,
  '4.7.1': 3,
  '4.7.2': 1,
  '4.7.3': 4,
  '4.8.0': 2,
  '6.0.0': 4,
  '7.0.0': 2,
  '7.1.1': 1,
  '7.1.2': 1,
}

const rows = readRows(readText('docs/mqtt-conformance.md')).filter(([id = '']) =>
  /^\d+\.\d+\.\d+-\d+$/.test(id),
)

describe('docs/mqtt-conformance.md', () => {
  test('has each statement of MQTT 3.1.1 once, in its order', () => {
    const ids = Object.entries(STATEMENTS).flatMap(([part, count]) =>
      Array.from({ length: count }, (_, index) => `${part}-${index + 1}`),
    )
    expect(ids).toHaveLength(141)
    expect(rows.map(([id]) => id)).toEqual(ids)
  })

  test('says of each whether it holds, and shows it by a test or says why', () => {
    for (const [, asked = '', verdict = '', why = ''] of rows) {
      expect(asked).not.toBe('')
      expect(['pass', 'in part', 'not applicable']).toContain(verdict)
      expect(why).not.toBe('')
    }
    const unshown = rows.filter(([, , verdict, why = '']) => verdict === 'pass' && !why.includes('.test.ts)'))
    expect(unshown.map(([id]) => id)).toEqual(['4.7.3-3', '7.1.1-1'])
  })
})
