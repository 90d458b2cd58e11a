import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Config } from '../../src/config/config.ts'
import { applyEnvironment, loadConfig, resolveReferences } from '../../src/config/load.ts'
import { formatFault } from '../../src/document.ts'

type Environment = Readonly<Record<string, string>>

let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('the file', () => {
  test('an empty one gives the defaults', () => {
    expect(load('').http).toMatchObject({ host: '127.0.0.1', port: 4041 })
  })

  test('one that is not there is a fault', () => {
    const { faults } = loadConfig(join(folder, 'nowhere.yaml'), {})
    expect(faults).toEqual([
      { file: expect.stringContaining('nowhere.yaml'), key: '', problem: expect.stringContaining('ENOENT') },
    ])
  })

  test('every key that is not known is a fault', () => {
    expect(loadFaults('htpp: {}\nhttp: { prot: 1 }\n')).toEqual([
      'http.prot: this key is not known (line 2, column 9)',
      'htpp: this key is not known',
    ])
  })

  test('one that is a list is a fault', () => {
    expect(loadFaults('- http\n')).toEqual(['expected object, got ["http"]'])
  })
})

describe('variables', () => {
  test('stand over the file, key by key', () => {
    const { http, journal } = load('http: { host: 0.0.0.0, port: 1 }\n', {
      TROMOST_HTTP__PORT: '0',
      TROMOST_JOURNAL__RETENTION: '2h',
    })
    expect(http).toMatchObject({ host: '0.0.0.0', port: 0 })
    expect(journal.retention).toBe(7_200_000)
  })

  test('reach a key of any depth', () => {
    expect(load('', { TROMOST_MQTT__LIMITS__TOPICLEVELS: '7' }).mqtt.limits.topicLevels).toBe(7)
  })

  test('find keys of mixed case by their name in capitals', () => {
    const { dataDir, journal, destinations } = load('destinations: [{ id: a, dialect: preview }]\n', {
      TROMOST_DATADIR: '/var/lib/tromost',
      TROMOST_JOURNAL__MAXBYTES: '1GiB',
      TROMOST_JOURNAL__ONFULL: 'dropOldest',
      TROMOST_DESTINATIONS__0__BATCH__MAXENTITIES: '5',
    })
    expect(dataDir).toBe('/var/lib/tromost')
    expect(journal).toMatchObject({ maxBytes: 1024 ** 3, onFull: 'dropOldest' })
    expect(destinations[0]?.batch.maxEntities).toBe(5)
  })

  test('reach an entry of a list by its index', () => {
    const text = 'mqtt: { listeners: [{ kind: tcp, port: 1 }, { kind: ws, port: 2 }] }\n'
    expect(load(text, { TROMOST_MQTT__LISTENERS__1__PORT: '0' }).mqtt.listeners).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: 1 },
      { kind: 'ws', host: '127.0.0.1', port: 0 },
    ])
  })

  test('make a list that the file does not have', () => {
    const { listeners } = load('', {
      TROMOST_MQTT__LISTENERS__0__KIND: 'ws',
      TROMOST_MQTT__LISTENERS__0__PORT: '0',
    }).mqtt
    expect(listeners).toEqual([{ kind: 'ws', host: '127.0.0.1', port: 0 }])
  })

  test('add a key to a group that the file leaves empty', () => {
    expect(load('http:\n', { TROMOST_HTTP__PORT: '0' }).http.port).toBe(0)
  })

  test('may hold a whole group as YAML', () => {
    expect(load('', { TROMOST_HTTP: '{ host: 0.0.0.0, port: 7 }' }).http).toMatchObject({
      host: '0.0.0.0',
      port: 7,
    })
  })

  test.each<[string, Environment, string]>([
    ['a name that is not known', { TROMOST_JURNAL: '1' }, 'jurnal: this key is not known'],
    [
      'a name that is not known further down',
      { TROMOST_HTTP__PROT: '1' },
      'http.prot: this key is not known',
    ],
    [
      'a name of an entry that is not known',
      { TROMOST_DESTINATIONS__0__ULR: 'x' },
      'destinations.0.ulr: this key is not known',
    ],
    [
      'a name below a plain value',
      { TROMOST_HTTP__PORT__MAX: '1' },
      'http.port: expected number, got {"max":1}',
    ],
    ['a value that does not fit', { TROMOST_HTTP__PORT: 'many' }, 'http.port: expected number, got "many"'],
    [
      'an empty value',
      { TROMOST_LOG__LEVEL: '' },
      'log.level: expected one of debug, info, warn, error, silent, got ""',
    ],
  ])('%s is a fault', (_case, environment, line) => {
    const text = 'http: { port: 1 }\ndestinations: [{ id: a, dialect: preview }]\n'
    expect(loadFaults(text, environment)).toEqual([line])
  })

  test('an index beyond the list is a fault, and no hole', () => {
    const environment = { TROMOST_MQTT__LISTENERS__1__KIND: 'tcp', TROMOST_MQTT__LISTENERS__1__PORT: '0' }
    expect(loadFaults('', environment)).toEqual(['mqtt.listeners.0: expected object, got nothing'])
  })

  test('TROMOST_TOKEN is the command line’s, and no key of the configuration', () => {
    expect(load('', { TROMOST_TOKEN: 'x' }).http.port).toBe(4041)
  })

  test('that begin with another prefix are not ours', () => {
    expect(load('', { HTTP__PORT: '1', XTROMOST_HTTP__PORT: '1', tromost_http__port: '1' }).http.port).toBe(
      4041,
    )
  })

  test.each<[string, Environment]>([
    ['as a name', { TROMOST___PROTO__: '{ polluted: yes }' }],
    ['as a name further down', { TROMOST_HTTP____PROTO____POLLUTED: 'yes' }],
    ['as a key of a value', { TROMOST_HTTP: '{ __proto__: { polluted: yes } }' }],
    ['by its other way', { TROMOST_CONSTRUCTOR__PROTOTYPE__POLLUTED: 'yes' }],
  ])('__proto__ %s is a fault and changes no prototype', (_case, environment) => {
    expect(loadFaults('', environment)).toEqual([expect.stringContaining('this key is not known')])
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
  })

  test.each(['@5318008', '%5318008', '*5318008', '"5318008', '[5318008', 'a: b: 5318008', '!5318008'])(
    'a secret such as %s, which is no YAML, ends in no fault that shows it',
    secret => {
      const text = 'destinations: [{ id: a, dialect: preview, auth: { kind: bearer, token: x } }]\n'
      const { faults = [] } = loadConfig(write(text), { TROMOST_DESTINATIONS__0__AUTH__TOKEN: secret })
      expect(faults.map(formatFault).join()).not.toContain('531')
    },
  )

  test('a secret that is no YAML is taken as it is', () => {
    const text = 'destinations: [{ id: a, dialect: preview, auth: { kind: bearer, token: x } }]\n'
    const { destinations } = load(text, { TROMOST_DESTINATIONS__0__AUTH__TOKEN: '@secret' })
    expect(destinations[0]?.auth).toEqual({ kind: 'bearer', token: '@secret' })
  })

  test('leave what was read from the file as it was', () => {
    const raw = { http: { port: 1 } }
    expect(applyEnvironment(raw, { TROMOST_HTTP__PORT: '2' })).toEqual({ http: { port: 2 } })
    expect(raw).toEqual({ http: { port: 1 } })
  })
})

describe('references', () => {
  const text = `destinations:
  - { id: a, dialect: preview, auth: { kind: bearer, token: '\${env:THE_TOKEN}' } }\n`

  test(`\${env:NAME} is the value of the variable, as text`, () => {
    expect(load(text, { THE_TOKEN: '0123' }).destinations[0]?.auth).toEqual({ kind: 'bearer', token: '0123' })
  })

  test(`\${env:NAME} of a variable that is not set is a fault`, () => {
    expect(loadFaults(text)).toEqual([
      'destinations.0.auth.token: expected the environment variable THE_TOKEN to be set, got nothing (line 2, column 54)',
    ])
  })

  test(`\${file:PATH} is what the file holds, without the line break at its end`, () => {
    const path = join(folder, 'token')
    writeFileSync(path, 'secret\n')
    expect(
      load(text, { THE_TOKEN: 'x', TROMOST_DESTINATIONS__0__AUTH__TOKEN: `\${file:${path}}` }).destinations[0]
        ?.auth,
    ).toEqual({
      kind: 'bearer',
      token: 'secret',
    })
  })

  test(`\${file:PATH} of a file that is not there is a fault`, () => {
    const path = join(folder, 'nowhere')
    expect(loadFaults(`dataDir: '\${file:${path}}'\n`)).toEqual([
      expect.stringMatching(
        /^dataDir: .*ENOENT: no such file or directory, open '.*nowhere' \(line 1, column 1\)$/,
      ),
    ])
  })

  test('every one that cannot be resolved is a fault of its own', () => {
    const raw = { a: [`\${env:X}`, { b: `\${env:Y}` }], c: `\${env:Z}` }
    const { faults = [] } = resolveReferences(raw, { Y: '' }, 'x.yaml')
    expect(faults.map(({ file, key }) => `${file} ${key}`)).toEqual(['x.yaml a.0', 'x.yaml c'])
  })

  test('are whole values: text around them leaves them as they are', () => {
    const raw = { a: `x\${env:X}`, b: `\${env:X} `, c: `\${ENV:X}`, d: `\${env:}`, [`\${env:X}`]: 1 }
    expect(resolveReferences(raw, { X: 'y' }, 'x.yaml')).toEqual({ value: raw })
  })

  test('what one gives is not resolved again', () => {
    expect(resolveReferences({ a: `\${env:X}` }, { X: `\${env:Y}` }, 'x.yaml')).toEqual({
      value: { a: `\${env:Y}` },
    })
  })

  test('what is no text stays as it is', () => {
    const raw = { a: 1, b: [true, null], c: { d: 1.5 } }
    expect(resolveReferences(raw, {}, 'x.yaml')).toEqual({ value: raw })
  })
})

function write(text: string): string {
  const path = join(folder, 'tromost.yaml')
  writeFileSync(path, text)
  return path
}

function load(text: string, environment: Environment = {}): Config {
  const { value, faults } = toResult(text, environment)
  if (value === undefined) throw new Error(faults.join('\n'))
  return value
}

function loadFaults(text: string, environment: Environment = {}): readonly string[] {
  return toResult(text, environment).faults
}

function toResult(text: string, environment: Environment) {
  const path = write(text)
  const config = loadConfig(path, environment)
  if (config.faults === undefined) return { value: config.value, faults: [] }
  return { value: undefined, faults: config.faults.map(fault => formatFault(fault).replace(`${path}: `, '')) }
}
