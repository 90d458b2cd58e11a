import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { configSchema } from '../../src/config/config.ts'
import { applyEnvironment } from '../../src/config/load.ts'
import { compileDecoder } from '../../src/decode/decode.ts'
import { checkDocument, type Fault, formatFault } from '../../src/document.ts'
import { TromostError } from '../../src/errors.ts'
import { compileMapper } from '../../src/map/map.ts'
import type { Profile } from '../../src/profiles/profile.ts'
import { readDraft } from '../../src/profiles/read-draft.ts'
import { toDevice, toMessage } from '../../src/profiles/sample-message.ts'
import { provisionSchema } from '../../src/registry/provision.ts'
import { findProvisionFaults } from '../../src/registry/provision-faults.ts'
import { Registry, toRegistryDevice } from '../../src/registry/registry.ts'
import { parseYamlText } from '../../src/yaml-text.ts'
import { fuzz, TIMEOUT_MS } from './fuzz.ts'
import { spoilText } from './mutations.ts'

const PROFILES = readdirSync('devices', { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.yaml'))
  .map(name => readFileSync(join('devices', name), 'utf8'))
const PROVISION = `
tenants:
  - id: kranj
    name: { en: City of Kranj, sl: Mesto Kranj }
    destinations: [main, { id: other, attributes: [temperature] }]
    brokerTenant: kranj
    brokerPath: /parks/north
    unknownDevices: hold
    journal: { maxBytes: 10MiB }
    groups: [{ apikey: key, profile: test-six, unknownDevices: create }]
    routes: [{ topic: "a/{device}/+/up", profile: test-six }]
credentials:
  - { tenant: kranj, username: gate, password: a-word, publish: ["kranj/+/up", "#"], subscribe: ["a/{device}/#"] }
  - { tenant: kranj, username: "{device}", publish: ["{tenant}/{device}/up"] }
  - { tenant: kranj, username: by-proof, certificate: { cn: gate.kranj.si } }
devices:
  - { tenant: kranj, id: six-1, profile: test-six, location: [14.35, 46.23], placement: indoor, password: secret }
  - { tenant: kranj, id: "0004", profile: test-six, apikey: key, attributes: { floor: 2, site: "urn:ngsi-ld:Site:1" } }
  - { tenant: kranj, id: six-3, profile: test-six, location: { crs: EPSG:3794, e: 450000, n: 120000 } }
`
const CONFIG = readFileSync('config/tromost.yaml', 'utf8')

/** A fault quotes little, but names its key as it stands in the file, however long that is. */
const FAULT_CHARS_MAX = 20_000

/** Nothing is refused without words, or with too many of them. */
function expectWords(faults: readonly Fault[]): void {
  if (faults.length === 0) throw new Error('refused without a fault')
  const odd = faults
    .map(formatFault)
    .find(text => text.length > FAULT_CHARS_MAX || /undefined|\[object|Cannot read/.test(text))
  if (odd !== undefined) throw new Error(`a fault in odd words: ${odd}`)
}

/** A profile that is taken can be used: what it throws at its own samples is a refusal. */
function useProfile(profile: Profile): void {
  const map = compileMapper(profile)
  if (profile.decode.script !== undefined) return
  const decode = compileDecoder(profile)
  for (const sample of profile.samples) {
    try {
      const device = toDevice(sample, profile)
      for (const reading of decode(toMessage(sample))) map(reading, device)
    } catch (error) {
      if (!(error instanceof TromostError)) throw error
    }
  }
}

test(
  'a profile with anything wrong in it is refused with its place, or can be used',
  async () => {
    await fuzz({
      ...{ share: 0.15, rounds: 100 },
      make: random => spoilText(random.pick(PROFILES), random),
      hold: text => {
        const draft = readDraft(text)
        if (draft.faults === undefined) useProfile(draft.value.profile)
        else expectWords(draft.faults)
      },
      show: text => text,
    })
  },
  TIMEOUT_MS,
)

test(
  'a provisioning file with anything wrong in it is refused with its place, or can be used',
  async () => {
    const known = {
      file: 'provision.yaml',
      profileIds: new Set(['test-six']),
      destinationIds: ['main', 'other'],
      entityTypes: new Set<string>(),
    }
    let taken = 0
    await fuzz({
      ...{ share: 0.1, rounds: 100 },
      make: random => spoilText(PROVISION, random),
      hold: text => {
        const document = parseYamlText(text)
        if (document.fault !== undefined) return
        const checked = checkDocument(provisionSchema, document.value, 'provision.yaml')
        if (checked.faults !== undefined) return expectWords(checked.faults)
        const faults = findProvisionFaults(checked.value, known)
        if (faults.length > 0) return expectWords(faults)
        const { tenants, devices } = checked.value
        const registry = new Registry({
          tenants: tenants.map(tenant => ({ ...tenant, destinations: [{ id: 'main' }] })),
          devices: devices.map(toRegistryDevice),
        })
        for (const { id } of tenants) registry.resolve(id, 'a/six-1/x/up')
        taken += 1
      },
      show: text => text,
    })
    expect(taken).toBeGreaterThan(0)
  },
  TIMEOUT_MS,
)

test(
  'a configuration with anything wrong in it is refused with its place, or is one',
  async () => {
    await fuzz({
      ...{ share: 0.05, rounds: 100 },
      make: random => spoilText(CONFIG, random),
      hold: text => {
        const document = parseYamlText(text)
        if (document.fault !== undefined) return
        const raw = applyEnvironment(document.value, { TROMOST_HTTP__PORT: '0' })
        const checked = checkDocument(configSchema, raw, 'tromost.yaml')
        if (checked.faults !== undefined) expectWords(checked.faults)
      },
      show: text => text,
    })
  },
  TIMEOUT_MS,
)
