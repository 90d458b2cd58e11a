import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { AgentFolder } from '../support/agent-folder.ts'
import { ensureBuilt, type Ran, runTromost } from './run-tromost.ts'

const CLIMATE = {
  id: 'test-climate',
  vendor: 'Test',
  model: 'Climate',
  description: { en: 'A sensor', sl: 'Senzor' },
  source: 'made for tests',
  interval: '10m',
  decode: {
    channels: {
      '01 75': { battery: 'u8' },
      '03 67': { temperature: { read: 'i16le', scale: 0.1 } },
      '04 68': { humidity: { read: 'u8', scale: 0.5 } },
    },
  },
  entities: [
    {
      type: { default: 'WeatherObserved', indoor: 'IndoorEnvironmentObserved' },
      attributes: {
        temperature: { from: 'temperature', unit: 'CEL', min: -40, max: 85 },
        relativeHumidity: { from: 'humidity', scale: 0.01, unit: 'C62', min: 0, max: 1 },
        level: { from: 'temperature', offset: 'device.attributes.height', unit: 'MTR' },
        location: { geo: 'device.location' },
      },
    },
  ],
  samples: [
    {
      name: 'a heartbeat',
      payload: { hex: '01 75 64', fPort: 85 },
      device: { id: 'd1', placement: 'indoor' },
      entities: [],
    },
  ],
}

const TOKEN = 'the-token-of-the-broker'
const BROKER = {
  id: 'main',
  dialect: 'ngsi-ld',
  url: 'http://broker.example:1026/',
  context: 'https://example.org/context.jsonld',
  auth: { kind: 'bearer', token: TOKEN },
}
const FRAME = ['--hex', '01 75 64 03 67 D7 00', '--fport', '85']
const AT = ['--received-at', '2026-01-15T09:00:00Z']
const TEMPERATURE = {
  type: 'Property',
  unitCode: 'CEL',
  value: 21.5,
  observedAt: '2026-01-15T09:00:00.000Z',
}

let folder: AgentFolder

beforeAll(ensureBuilt)

beforeEach(() => {
  folder = new AgentFolder()
  folder.write('profiles/climate.yaml', CLIMATE)
})

afterEach(() => folder.remove())

function run(args: readonly string[]): Promise<Ran> {
  return runTromost(['profile', 'try', ...args, '--config', 'tromost.yaml'], { cwd: folder.path })
}

async function runJson(args: readonly string[]) {
  const { code, stdout, stderr } = await run([...args, '--output', 'json'])
  return { code, stderr, shown: JSON.parse(stdout) }
}

test('shows envelope, values, entities and the request of a frame, and sends nothing', async () => {
  const { code, stdout, stderr } = await run(['profiles/climate.yaml', ...FRAME, ...AT])
  expect([code, stderr]).toEqual([0, ''])
  const entity = [
    '  {',
    '    "id": "urn:ngsi-ld:IndoorEnvironmentObserved:d1",',
    '    "type": "IndoorEnvironmentObserved",',
    `    "temperature": ${JSON.stringify(TEMPERATURE)}`,
    '  }',
  ]
  expect(stdout.trimEnd().split('\n')).toEqual([
    'test-climate, device d1, indoor',
    '34 bytes on application/sample/device/d1/event/up, received 2026-01-15T09:00:00.000Z',
    '',
    '1 envelope',
    '  an uplink of ChirpStack',
    '  bytes       0175640367d700 (7)',
    '  observedAt  2026-01-15T09:00:00.000Z',
    '  fPort       85',
    '  fCnt        0',
    '',
    '2 values',
    '  observed 2026-01-15T09:00:00.000Z',
    '  {',
    '    "battery": 100,',
    '    "temperature": 21.5',
    '  }',
    '',
    '3 entities',
    ...entity,
    '  left out  IndoorEnvironmentObserved.relativeHumidity: the reading has no humidity (it has battery, temperature)',
    '  left out  IndoorEnvironmentObserved.level: the device has no attributes.height',
    '  left out  IndoorEnvironmentObserved.location: the device has no location',
    '',
    '4 request',
    '  to generic (ngsi-ld); nothing is sent',
    '  POST http://localhost:1026/ngsi-ld/v1/entityOperations/upsert?options=update',
    '  Content-Type: application/json',
    '  Accept: application/json',
    '  [',
    ...entity.map(line => `  ${line}`),
    '  ]',
  ])
})

test('shows the request to the first broker that is configured, without its secrets', async () => {
  folder.writeConfig({ destinations: [{ id: 'preview', dialect: 'preview' }, BROKER] })
  const { code, stdout } = await run(['test-climate', ...FRAME])
  expect(code).toBe(0)
  expect(stdout).toContain('to main (ngsi-ld); nothing is sent\n')
  expect(stdout).toContain(
    'POST http://broker.example:1026/ngsi-ld/v1/entityOperations/upsert?options=update\n',
  )
  expect(stdout).toContain('Authorization: (hidden)\n')
  expect(stdout).toContain('Link: <https://example.org/context.jsonld>;')
  expect(stdout).not.toContain(TOKEN)
})

test('shows that the preview keeps entities itself, when it is named', async () => {
  folder.writeConfig({ destinations: [{ id: 'preview', dialect: 'preview' }, BROKER] })
  const { stdout } = await run(['test-climate', ...FRAME, '--destination', 'preview'])
  expect(stdout).toContain('to preview (preview); nothing is sent: the preview keeps entities itself\n')
})

test('takes a device with what is known of it', async () => {
  const options = ['--device', 'roof', '--location', '14.5,46.05', '--attribute', 'height=5']
  const { code, shown } = await runJson(['profiles/climate.yaml', ...FRAME, ...AT, ...options])
  expect(code).toBe(0)
  expect(shown.device).toEqual({
    id: 'roof',
    location: [14.5, 46.05],
    attributes: { height: 5 },
    tenant: 'sample',
    profile: 'test-climate',
  })
  expect(shown.entities).toEqual([
    expect.objectContaining({
      id: 'urn:ngsi-ld:WeatherObserved:roof',
      temperature: TEMPERATURE,
      level: expect.objectContaining({ value: 26.5 }),
      location: expect.objectContaining({ value: { type: 'Point', coordinates: [14.5, 46.05] } }),
    }),
  ])
  expect(shown.requests).toEqual([expect.objectContaining({ method: 'POST', body: shown.entities })])
})

test('readings of one entity travel in requests that follow one another', async () => {
  const series = '[{ "t": 1 }, { "t": 2 }]'
  folder.write('profiles/climate.yaml', {
    ...CLIMATE,
    decode: { json: {} },
    entities: [{ type: 'Thing', attributes: { temperature: { from: 't' } } }],
  })
  const { shown } = await runJson(['profiles/climate.yaml', '--json', series])
  expect(shown.readings.map(({ values }: { values: object }) => values)).toEqual([{ t: 1 }, { t: 2 }])
  expect(shown.requests).toHaveLength(2)
})

test('reads the payload from standard input', async () => {
  const args = ['profile', 'try', 'profiles/climate.yaml', '--hex', '-']
  const { code, stdout } = await runTromost(args, { cwd: folder.path, input: '03 67 D7 00\n' })
  expect(code).toBe(0)
  expect(stdout).toContain('"temperature": 21.5\n')
})

test('shows bytes that are text as text', async () => {
  folder.write('profiles/climate.yaml', { ...CLIMATE, decode: { json: {} } })
  const { stdout } = await run(['profiles/climate.yaml', '--json', '{ "temperature": "21,5 °C" }'])
  expect(stdout).toContain('  text        { "temperature": "21,5 °C" }\n')
})

describe('a message that ends on the way', () => {
  test('in its envelope is shown so far, with exit code 1', async () => {
    const topic = ['--topic', 'application/a/device/d1/event/up']
    const { code, stdout } = await run(['profiles/climate.yaml', '--text', '{"object":1}', ...topic])
    expect(code).toBe(1)
    expect(stdout.trimEnd().split('\n').slice(-2)).toEqual([
      '1 envelope',
      '  FAIL  DECODE_FAILED: expected an uplink of ChirpStack with base64 at data, got {"object":1}',
    ])
  })

  test('in the decoder is shown so far, with exit code 1', async () => {
    const { code, shown } = await runJson(['profiles/climate.yaml', '--hex', '07 00'])
    expect(code).toBe(1)
    expect(shown.envelope).toMatchObject({ name: null, hex: '0700' })
    expect(shown.fault).toEqual({
      code: 'DECODE_FAILED',
      detail: expect.stringMatching(/^expected .*, got bytes 0700$/),
    })
    expect(shown).not.toHaveProperty('entities')
    expect(shown).not.toHaveProperty('requests')
  })

  test('in the mapping is shown so far, with exit code 1', async () => {
    folder.write('profiles/climate.yaml', { ...CLIMATE, outOfRange: 'quarantine' })
    const { code, stdout } = await run(['profiles/climate.yaml', '--hex', '03 67 FF 7F'])
    expect(code).toBe(1)
    const [values, entities] = stdout.split('\n2 values\n')[1]?.split('\n3 entities\n') ?? []
    expect(values).toContain('"temperature": 3276.7')
    expect(entities?.split('\n')[0]).toBe(
      '  FAIL  MAP_FAILED: IndoorEnvironmentObserved.temperature: expected a number from -40 to 85, got 3276.7',
    )
  })
})

test('a message of which no entity is made says why, with exit code 0', async () => {
  const { code, stdout } = await run(['profiles/climate.yaml', '--hex', '01 75 64'])
  expect(code).toBe(0)
  expect(stdout).toContain(
    '3 entities\n  no entity is made of it\n  left out  IndoorEnvironmentObserved: no attribute comes from the reading itself',
  )
  expect(stdout).toContain('nothing is sent: there is no entity\n')
})

describe('faults', () => {
  test('a profile that is not there is one', async () => {
    folder.writeConfig({})
    const { code, stderr } = await run(['nowhere', '--text', '1'])
    expect([code, stderr]).toEqual([
      1,
      'nowhere: expected the path of a profile, or the id of one in profiles, got nothing there\n',
    ])
  })

  test('of the profile are told, and of another profile are not', async () => {
    folder.writeConfig({})
    folder.write('profiles/broken.yaml', { ...CLIMATE, id: 'broken', vendor: 1 })
    expect(await run(['test-climate', ...FRAME])).toMatchObject({ code: 0 })
    expect(await run(['profiles/broken.yaml', ...FRAME])).toMatchObject({
      code: 1,
      stderr: 'profiles/broken.yaml: vendor: expected string, got 1 (line 2, column 1)\n',
    })
  })

  test('of the configuration are told', async () => {
    folder.writeConfig({ http: { port: -1 } })
    expect(await run(['test-climate', ...FRAME])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^tromost\.yaml: http\.port: expected at least 0, got -1/),
    })
  })
})

describe('wrong use ends with exit code 2, and says what is wrong', () => {
  test.each([
    ['no payload', [], /expected one of --json, --hex, --text/],
    ['two payloads', ['--text', '1', '--hex', '01'], /cannot be used with option/],
    ['half a byte', ['--hex', '123'], /payload\.hex: expected pairs of hexadecimal digits, got "123"/],
    ['a port of text', ['--text', '1', '--fport', '2'], /payload: expected hex beside fPort/],
    ['a port that is none', ['--hex', '01', '--fport', '256'], /expected an fPort from 0 to 255/],
    ['a place that is none', ['--text', '1', '--location', '14.5'], /such as 14\.5,46\.05/],
    [
      'a place that is not on earth',
      ['--text', '1', '--location', '46,114'],
      /device\.location\.1: expected/,
    ],
    ['an attribute without a value', ['--text', '1', '--attribute', 'height'], /expected name=value/],
    ['a time that is none', ['--text', '1', '--received-at', 'now'], /expected a time such as/],
    [
      'a destination that there is not',
      ['--text', '1', '--destination', 'main'],
      /--destination: expected one of preview, got "main"/,
    ],
  ])('%s', async (_case, args, words) => {
    const { code, stdout, stderr } = await run(['profiles/climate.yaml', ...args])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(words)
  })
})
