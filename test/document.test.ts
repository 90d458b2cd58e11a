import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { z } from 'zod'
import { type Checked, checkDocument, formatFault, locateFaults, showValue } from '../src/document.ts'
import { readDocument } from '../src/read-document.ts'

const SCHEMA = z.strictObject({
  name: z.string().optional(),
  port: z.int().min(0).max(65_535).optional(),
  level: z.enum(['low', 'high']).optional(),
  hosts: z.array(z.strictObject({ host: z.string() })).optional(),
  place: z.tuple([z.number(), z.number().max(90, { error: 'expected a latitude' })]).optional(),
  shape: z
    .union([
      z.string(),
      z.strictObject({ at: z.number() }),
      z.strictObject({ at: z.strictObject({ lat: z.number() }) }),
    ])
    .optional(),
  password: z.string().optional(),
  passwords: z.array(z.string()).optional(),
  auth: z.strictObject({ value: z.string().max(3) }).optional(),
  passwordHash: z.string().optional(),
  login: z.strictObject({ user: z.string(), token: z.string().min(4) }).optional(),
})

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'document-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('reading a document', () => {
  test('gives what the YAML says', () => {
    expect(read('a: 1\nb: [x, true, null]\nc: { d: 0.5 }\n')).toEqual({
      value: { a: 1, b: ['x', true, null], c: { d: 0.5 } },
    })
  })

  test('takes JSON, since that is YAML', () => {
    const value = { name: 'Škofja Loka', list: [1, 2.5, null, false], path: 'a\\b/"c"\n\t', empty: {} }
    expect(read(JSON.stringify(value, null, 2))).toEqual({ value })
  })

  test.each([
    ['an empty file', ''],
    ['only comments', '# nothing yet\n'],
    ['null', 'null\n'],
  ])('%s is an empty object', (_case, text) => {
    expect(read(text)).toEqual({ value: {} })
  })

  test('leaves out a byte order mark', () => {
    expect(read('\uFEFFname: Šola\n')).toEqual({ value: { name: 'Šola' } })
    expect(read('\uFEFFname: "\\u0160ola"\n')).toEqual({ value: { name: 'Šola' } })
  })

  test('refuses bytes that are no UTF-8', () => {
    expect(readFault(Buffer.from('# Šola\nname: \u0160ola\n', 'latin1').fill(0xe8, 13, 14))).toBe(
      'expected UTF-8 text, got other bytes (line 2, column 1)',
    )
    expect(readFault(Buffer.from('\uFEFFname: x\n', 'utf16le'))).toBe(
      'expected UTF-8 text, got UTF-16: save it as UTF-8',
    )
  })

  test.each([
    [
      'a key that is given twice',
      'a: 1\nšč: { c: 1, "Šola": { x: 1 }, "Šola": 2 }\n',
      'expected every key once, got "Šola" again (line 2, column 31)',
    ],
    ['a tab', 'a:\n\tb: 1\n', 'expected spaces as indentation, got a tab (line 2, column 1)'],
    ['a quote that is not closed', 'a: "b\n', 'Missing closing "quote (line 2, column 1)'],
    [
      'an alias without anchor',
      'a: 1\nč: *b\n',
      'expected an anchor &b before the alias *b, got none (line 2, column 4)',
    ],
    ['an alias of what it stands in', 'a: &a [*a]\n', 'expected at most 64 levels, got more by an alias'],
    ['a tag', 'a: !env X\n', 'expected no tag, got !env (line 1, column 4)'],
    [
      'a second document',
      'a: 1\n---\nb: 2\n',
      'expected one document, got another one after --- (line 2, column 1)',
    ],
    [
      'a reserved character',
      'a: @x\n',
      'expected quotes around a value that begins with @ (line 1, column 4)',
    ],
    [
      'a colon in a value',
      'a: b: c\n',
      'expected one key on this line; a value that holds a colon and a space needs quotes (line 1, column 4)',
    ],
  ])('refuses %s and says where', (_case, text, problem) => {
    expect(readFault(text)).toBe(problem)
  })

  test.each([
    ['brackets', `a: ${'['.repeat(64)}`],
    ['brackets that are closed again', `a: ${'['.repeat(64)}${']'.repeat(64)}`],
    ['very many brackets', `a: ${'['.repeat(200_000)}`],
    ['lists in lists', `a:\n${'- '.repeat(64)}x`],
    ['keys below keys', Array.from({ length: 66 }, (_, level) => `${' '.repeat(level)}a:`).join('\n')],
  ])('refuses more than 64 levels of %s', (_case, text) => {
    expect(readFault(text)).toMatch(/^expected at most 64 levels, got more \(line \d+, column \d+\)$/)
  })

  test('takes 63 levels', () => {
    expect(read(`a: ${'['.repeat(62)}${']'.repeat(62)}`)).toHaveProperty('value.a.0.0.0')
  })

  test('refuses aliases that multiply', () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [name, before] of ['ba', 'cb', 'dc', 'ed'].map(pair => [...pair])) {
      levels.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`)
    }
    expect(readFault(levels.join('\n'))).toBe(
      'expected aliases that stay small, got some that multiply (line 5, column 40)',
    )
  })

  test('reads an alias that a person would use', () => {
    expect(read('a: &place { lat: 46 }\nb: *place\n')).toEqual({ value: { a: { lat: 46 }, b: { lat: 46 } } })
  })

  test('refuses more than 4 MiB, and takes just as much', () => {
    const text = 'a: 1\n# a very long comment'
    expect(read(text.padEnd(4 * 1024 * 1024, ' x'))).toEqual({ value: { a: 1 } })
    expect(readFault(text.padEnd(4 * 1024 * 1024 + 1, ' x'))).toBe(
      'expected at most 4194304 bytes, got 4194305',
    )
  })

  test('names a file that is not there by its path from here', () => {
    const path = join(folder, 'nowhere.yaml')
    const [fault] = readDocument(path).faults ?? []
    expect(fault).toEqual({
      file: relative(process.cwd(), path),
      key: '',
      problem: expect.stringMatching(/ENOENT: no such file or directory/),
    })
  })

  test('a key called __proto__ is a key and no prototype', () => {
    const { value } = read('__proto__: { polluted: yes }\n')
    expect(Object.keys(Object(value))).toEqual(['__proto__'])
    expect(Object(value).polluted).toBeUndefined()
  })
})

describe('the place of a key', () => {
  const TEXT = [
    '# Šola',
    'names: { č: 1, d: 2 }',
    'list:',
    '  - a: 1',
    '    em:0.x: { deep: [1, 2] }',
    'seen: &seen { at: 3 }',
    'again: *seen',
  ].join('\n')

  test.each([
    ['names', 2, 1],
    ['names.č', 2, 10],
    ['names.d', 2, 16],
    ['list.0', 4, 5],
    ['list.0.em:0.x', 5, 5],
    ['list.0.em:0.x.deep.1', 5, 25],
    ['again.at', 6, 15],
    // What is not there is missing in what it should stand in.
    ['list.0.b', 4, 5],
    ['names.č.x', 2, 10],
  ])('of %s is line %i, column %i', (key, line, column) => {
    expect(locate(TEXT, key)).toEqual({ line, column })
  })

  test('is none where the file says nothing of it', () => {
    expect(locate(TEXT, 'other')).toBeUndefined()
    expect(locate('', 'other')).toBeUndefined()
  })

  test('is told behind a fault', () => {
    const document = readDocument(write(TEXT))
    const fault = { file: 'x.yaml', key: 'list.0.a', problem: 'expected 2, got 1' }
    const located = document.faults === undefined ? locateFaults([fault], document.locate) : []
    expect(located.map(formatFault)).toEqual(['x.yaml: list.0.a: expected 2, got 1 (line 4, column 5)'])
  })

  function locate(text: string, key: string): unknown {
    const document = readDocument(write(text))
    return document.faults === undefined ? document.locate(key) : document.faults
  }
})

describe('text that is not ASCII', () => {
  test.each([
    ['plain', 'name: Šola Staneta Žagarja\n'],
    ['quoted', 'name: "Šola Staneta Žagarja"\n'],
    ['with a comment', '# čšž\nname: Šola Staneta Žagarja # čšž\n'],
    ['over two lines', 'name: Šola\n  Staneta Žagarja\n'],
    ['with escapes', 'name: "\\u0160ola Staneta \\U0000017dagarja"\n'],
    ['with escapes beside it', 'name: "Šola Staneta \\u017dagarja"\n'],
  ])('is read right when it is %s', (_case, text) => {
    expect(read(text)).toEqual({ value: { name: 'Šola Staneta Žagarja' } })
  })

  test.each([
    ['\\xe8', 'è'],
    ['\\u010d', 'č'],
    ['\\ud83d\\ude00', '😀'],
    ['\\U0001f600', '😀'],
    ['\\_', '\u00a0'],
    ['\\N', '\u0085'],
    ['\\L', '\u2028'],
    ['\\P', '\u2029'],
  ])('the escape %s may stand beside it', (written, character) => {
    expect(read(`a: "š${written}ž"\nb: č\n`)).toEqual({ value: { a: `š${character}ž`, b: 'č' } })
  })

  test('is read right in keys', () => {
    expect(read('Šola: { č: 1 }\n')).toEqual({ value: { Šola: { č: 1 } } })
  })

  test('survives being written as YAML, whatever it is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 })
    const document = fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 3 })), { maxKeys: 4 })
    fc.assert(
      fc.property(document, value => {
        expect(read(stringify(value)).value).toEqual(value)
      }),
    )
  })

  test('survives being written as JSON, whatever it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), value => {
        expect(read(JSON.stringify(value)).value).toEqual(value)
      }),
    )
  })
})

describe('holding a document against a schema', () => {
  test('gives the value, with defaults and transforms, when it fits', () => {
    const withDefault = z.strictObject({ a: z.int().default(7), b: z.string().transform(Number) })
    expect(checkDocument(withDefault, { b: '5' }, 'x.yaml')).toEqual({ value: { a: 7, b: 5 } })
  })

  test.each<[string, unknown, string]>([
    ['an unknown key', { nmae: 'x' }, 'nmae: this key is not known'],
    [
      'an unknown key further down',
      { hosts: [{ host: 'a', prot: 1 }] },
      'hosts.0.prot: this key is not known',
    ],
    ['a wrong type', { name: 7 }, 'name: expected string, got 7'],
    ['a wrong type in a list', { hosts: [{ host: null }] }, 'hosts.0.host: expected string, got null'],
    ['a value that is missing', { hosts: [{}] }, 'hosts.0.host: expected string, got nothing'],
    [
      'an id that YAML takes for a number',
      { name: Number.POSITIVE_INFINITY },
      'name: expected string, got Infinity',
    ],
    [
      'a merge key',
      { hosts: [{ host: 'a', '<<': {} }] },
      'hosts.0.<<: merge keys are not understood: write the keys out',
    ],
    ['a fraction', { port: 1.5 }, 'port: expected int, got 1.5'],
    ['too little', { port: -1 }, 'port: expected at least 0, got -1'],
    ['too much', { port: 65_536 }, 'port: expected at most 65535, got 65536'],
    ['a word that is none of the choices', { level: 'mid' }, 'level: expected one of low, high, got "mid"'],
    ['a fault in the words of the schema', { place: [1, 91] }, 'place.1: expected a latitude, got 91'],
    [
      'the branch of a union that was meant',
      { shape: { at: { lat: 'north' } } },
      'shape.at.lat: expected number, got "north"',
    ],
    ['what no branch of a union takes', { shape: 5 }, 'shape: expected string or object, got 5'],
    ['no object at all', 'hello', 'expected object, got "hello"'],
  ])('%s is told with key, expectation and value', (_case, raw, line) => {
    expect(check(raw)).toEqual([`x.yaml: ${line}`])
  })

  test('every unknown key is a fault of its own', () => {
    expect(check({ a: 1, b: 2 })).toEqual([
      'x.yaml: a: this key is not known',
      'x.yaml: b: this key is not known',
    ])
  })

  test('the choices of a discriminated union are named', () => {
    const kinds = z.strictObject({
      auth: z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('none') }),
        z.strictObject({ kind: z.literal('basic'), user: z.string() }),
      ]),
    })
    expect(format(checkDocument(kinds, { auth: { kind: 'nine' } }, 'x.yaml'))).toEqual([
      'x.yaml: auth.kind: expected one of none, basic, got "nine"',
    ])
    expect(format(checkDocument(kinds, { auth: { kind: 'basic', user: 1 } }, 'x.yaml'))).toEqual([
      'x.yaml: auth.user: expected string, got 1',
    ])
  })

  test.each<[string, unknown]>([
    ['password', { password: 5_318_008 }],
    ['password in a list', { password: ['5318008'] }],
    ['passwordHash', { passwordHash: { digest: '5318008' } }],
    ['token that is too short', { login: { user: 'x', token: '5318008'.slice(0, 3) } }],
    ['token of an object that is wrong as a whole', { hosts: { token: '5318008', secret: '5318008' } }],
    ['password in a list that is wrong at one place', { passwords: ['right', 5_318_008] }],
    ['header of a login', { auth: { value: '5318008' } }],
    ['login of an entry that is wrong as a whole', { name: [{ auth: { name: 'X', value: '5318008' } }] }],
    ['password of an entry that is wrong as a whole', { name: [{ password: '5318008' }] }],
  ])('a %s is never shown', (_case, raw) => {
    const lines = check(raw)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/\(hidden\)/)
    expect(lines[0]).not.toContain('531')
  })
})

describe('showing a value', () => {
  test.each<[unknown, string]>([
    [undefined, 'nothing'],
    [null, 'null'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NaN, 'NaN'],
    ['a "b"', '"a \\"b\\""'],
    [{ a: [1] }, '{"a":[1]}'],
    [
      { Password: 'x', apiToken: 1, client_secret: null },
      '{"Password":"(hidden)","apiToken":"(hidden)","client_secret"…',
    ],
  ])('%j is shown as %s', (value, text) => {
    expect(showValue(value).slice(0, 55)).toBe(text.slice(0, 55))
  })

  test('a long one is cut after 80 characters', () => {
    expect(showValue('x'.repeat(78))).toBe(`"${'x'.repeat(78)}"`)
    expect(showValue('x'.repeat(79))).toBe(`"${'x'.repeat(79)}…`)
  })
})

function write(content: string | Buffer): string {
  const path = join(folder, 'document.yaml')
  writeFileSync(path, content)
  return path
}

function read(content: string | Buffer): { readonly value?: unknown } {
  const document = readDocument(write(content))
  if (document.faults !== undefined) throw new Error(document.faults.map(formatFault).join('\n'))
  return { value: document.value }
}

function readFault(content: string | Buffer): string {
  const path = write(content)
  const { faults = [] } = readDocument(path)
  const file = relative(process.cwd(), path)
  expect(faults).toEqual([expect.objectContaining({ file, key: '', problem: expect.any(String) })])
  return faults.map(formatFault).join('\n').replace(`${file}: `, '')
}

function format(checked: Checked<unknown>): readonly string[] {
  return (checked.faults ?? []).map(formatFault)
}

function check(raw: unknown): readonly string[] {
  return format(checkDocument(SCHEMA, raw, 'x.yaml'))
}
