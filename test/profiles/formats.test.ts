import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { checkDocument, formatFault } from '../../src/document.ts'
import { decodeSchema, FORMAT_NAMES } from '../../src/profiles/formats.ts'
import { profileSchema } from '../../src/profiles/profile.ts'
import { SOUND } from './sound-profile.ts'

function getFaults(decode: Readonly<Record<string, unknown>>): readonly string[] {
  return (checkDocument(profileSchema, { ...SOUND, decode }, 'x.yaml').faults ?? []).map(formatFault)
}

describe('a format', () => {
  test.each(FORMAT_NAMES)('%s has a decoder and a test of its own', name => {
    expect(existsSync(`src/decode/formats/${name}.ts`)).toBe(true)
    expect(existsSync(`test/decode/formats/${name}.test.ts`)).toBe(true)
  })

  test('stays plain data when it is checked, and can be checked again', () => {
    const channels = { '01 75': { battery: 'u8' } }
    const once = profileSchema.parse({ ...SOUND, decode: { channels } }).decode
    expect(structuredClone(once)).toEqual(once)
    expect(profileSchema.parse({ ...SOUND, decode: once }).decode).toEqual(once)
  })

  test.each([
    [
      { sparkplug: {}, envelope: { bytes: 'data' } },
      'decode.envelope: expected no envelope beside sparkplug, whose topics say what a message is, got {"bytes":"data"}',
    ],
    [
      { channels: { '175': { battery: 'u8' } } },
      'decode.channels.175: expected one to four bytes such as "01 75" in quotes instead of 175, got {"battery":"u8"}',
    ],
    [
      { channels: { '01 75': { battery: { read: 'u8', scael: 1 } } } },
      'decode.channels.01 75.battery.scael: this key is not known',
    ],
    [
      { channels: { '01': { battery: 'u8' }, skipUnknown: { '3e': 'all' } } },
      'decode.channels.skipUnknown.3e: expected how many bytes follow, or rest, got "all"',
    ],
    [{ channels: {} }, 'decode.channels: expected at least one record, got {}'],
    [
      { bytes: { fields: { n: { read: 'bcdle' } } } },
      'decode.bytes.fields.n.length: expected a length in bytes beside bcdle, bcdbe, hex, text, and beside no other reader, got nothing',
    ],
    [
      { bytes: { fields: { n: 'hex' } } },
      'decode.bytes.fields.n: expected { read: hex, length: … }, got "hex"',
    ],
    [
      { bytes: { fields: { n: { read: 'u8', bits: { offset: 4, length: 5 } } } } },
      'decode.bytes.fields.n.bits: expected bits only of an unsigned number, and within it, got {"offset":4,"length":5}',
    ],
    [
      { bytes: { fields: { n: { read: 'u8', divide: 0 } } } },
      'decode.bytes.fields.n.divide: expected a number other than 0, got 0',
    ],
    [{ script: {} }, 'decode.script: expected exactly one of file, source, got {}'],
    [
      { script: { file: 'a.js', source: 'b' } },
      'decode.script: expected exactly one of file, source, got {"file":"a.js","source":"b"}',
    ],
    [
      { script: { source: 'č'.repeat(131_073) } },
      `decode.script.source: expected at most 262144 bytes, got "${'č'.repeat(79)}…`,
    ],
    [{ script: { source: '' } }, 'decode.script.source: expected at least 1, got ""'],
    [
      { script: { source: 'x', variables: { range: 4 } } },
      'decode.script.variables.range: expected string, got 4',
    ],
    [
      { bytes: { fields: { n: { read: 'u8', count: 2, bits: { offset: 4, length: 5 } } } } },
      'decode.bytes.fields.n.bits: expected bits only of an unsigned number, and within it, got {"offset":4,"length":5}',
    ],
    [{ bytes: {} }, 'decode.bytes: expected exactly one of fields, layouts, fPort, got {}'],
    [
      { bytes: { layouts: [{ fields: {} }], length: 3 } },
      'decode.bytes.length: expected length beside fields, got 3',
    ],
    [
      { bytes: { fPort: { 1: { fields: {}, lenght: 2 } } } },
      'decode.bytes.fPort.1.lenght: this key is not known',
    ],
    [
      { text: { columns: ['a', 'a'] } },
      'decode.text.columns: expected names of letters, digits and _, each once, or - for a column that is not used, got ["a","a"]',
    ],
    [
      { text: { columns: ['a'], pairs: '=' } },
      'decode.text.pairs: expected only one of columns, pairs, got "="',
    ],
    [
      { text: { columns: ['a'], observedAt: 'b' } },
      'decode.text.observedAt: expected one of the columns, or a name beside pairs, got "b"',
    ],
    [
      { text: { separator: ';' } },
      'decode.text.separator: expected a separator only beside columns or pairs, got ";"',
    ],
    [
      { text: { columns: ['a'], decimal: ',', separator: ',' } },
      'decode.text.separator: expected another separator than the decimal sign, the sign between name and value, and ", got ","',
    ],
    [
      { text: { names: 'dom/+/{part/x' } },
      'decode.text.names: expected levels of topics, of which one at least is {…} and the others text or +, such as shellies/+/relay/0/{name}, got "dom/+/{part/x"',
    ],
    [
      { json: { names: 'dom/+/x' } },
      'decode.json.names: expected levels of topics, of which one at least is {…} and the others text or +, such as shellies/+/relay/0/{name}, got "dom/+/x"',
    ],
    [
      { text: { names: 'dom/{name}', pairs: '=' } },
      'decode.text.names: expected topics that name a value only beside no columns and no pairs, got "dom/{name}"',
    ],
    [
      { json: {}, envelope: { bytes: 'data', encoding: 'base32' } },
      'decode.envelope.encoding: expected one of base64, hex, got "base32"',
    ],
    [
      { json: {}, series: { lists: { a: 'a' }, every: '15' } },
      'decode.series.every: expected a duration with its unit, such as 1h, or -15m where the newest item comes first, got "15"',
    ],
    [
      { json: {}, series: { lists: { a: 'a' }, every: '-0m' } },
      'decode.series.every: expected a duration with its unit, such as 1h, or -15m where the newest item comes first, got "-0m"',
    ],
    [
      { json: {}, series: { lists: {}, every: '1h' } },
      'decode.series.lists: expected at least one list, got {}',
    ],
    [
      { json: {}, series: { lists: { a: 'a' }, every: '1h', sums: { b: 'c' } } },
      'decode.series.sums.b: expected the name of one of the lists, got "c"',
    ],
  ])('with %j is refused', (decode, fault) => {
    expect(getFaults(decode)).toEqual([`x.yaml: ${fault}`])
  })

  test('with an unknown reader is refused with all that there are', () => {
    const [fault] = getFaults({ channels: { '01 75': { battery: 'uint8' } } })
    expect(fault).toContain('decode.channels.01 75.battery: expected a reader (u8, i8, u16le, ')
    expect(fault).toContain(', or { read: … }, got "uint8"')
  })
})

describe('the reference of formats', () => {
  const section = readFileSync('docs/profiles.md', 'utf8')
    .split(/^## /m)
    .find(text => text.startsWith('decode\n'))
  const examples = [...(section ?? '').matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, example = '']) => example)

  test.each(examples)('has a sound example: %s', example => {
    const decode = /^(?:envelope|series)/.test(example) ? { json: {}, ...parse(example) } : parse(example)
    expect(decodeSchema.safeParse(decode).error?.issues ?? []).toEqual([])
  })

  test('names every format', () => {
    expect(FORMAT_NAMES.filter(name => !section?.includes(`\`${name}\``))).toEqual([])
  })
})
