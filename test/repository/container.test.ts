import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { configSchema } from '../../src/config/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { type Checked, formatFault } from '../../src/document.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import { loadProvision } from '../../src/provisioning/load.ts'
import { getEntityTypes } from '../../src/validation/model-schemas.ts'
import { readText } from './files.ts'

const CONFIG_FILE = 'config/tromost.yaml'
const DOCKERFILE = readText('Dockerfile').replaceAll('\\\n', ' ')
const COMPOSE = parse(readText('compose.yaml'))
const SERVICE = COMPOSE.services.tromost
const SECRETS = { KRANJ_GATEWAY: 'a-long-random-password' }

const imageEnvironment = readEnvironment(DOCKERFILE)
const composeEnvironment = { ...imageEnvironment, ...SERVICE.environment }
const imagePorts = [...(/^EXPOSE (.+)$/m.exec(DOCKERFILE)?.[1]?.split(' ').map(Number) ?? [])]

test('the image starts with the configuration that ships, listening to the outside on the ports of the defaults', () => {
  const { mqtt, http } = configSchema.parse({})
  const config = getSound(loadConfig(CONFIG_FILE, imageEnvironment))
  expect(config.mqtt.listeners).toEqual(mqtt.listeners.map(listener => ({ ...listener, host: '0.0.0.0' })))
  expect(config.http).toEqual({ ...http, host: '0.0.0.0' })
  expect(imagePorts).toEqual([...mqtt.listeners.map(({ port }) => port), http.port])
})

test('the image keeps its data in its volume, and is not run as root', () => {
  expect(getSound(loadConfig(CONFIG_FILE, imageEnvironment)).dataDir).toBe('/data')
  expect(DOCKERFILE).toMatch(/^VOLUME \/data$/m)
  expect(DOCKERFILE).toMatch(/^USER node$/m)
})

test('compose publishes the ports of the image, HTTP on this machine only', () => {
  expect(SERVICE.ports).toEqual(['1883:1883', '127.0.0.1:4041:4041'])
  expect(SERVICE.ports.map((port: string) => Number(port.split(':').at(-1)))).toEqual(imagePorts)
})

test('compose mounts what the image reads and writes, and nothing else has to be writable', () => {
  expect(SERVICE).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
  expect(SERVICE.volumes).toEqual([
    'tromost-data:/data',
    './config/compose/provision.yaml:/app/config/provision.yaml:ro',
  ])
  expect(Object.keys(COMPOSE.volumes)).toContain('tromost-data')
})

test('compose sends to a service of its own, on a port that it has', () => {
  const [destination] = getSound(loadConfig(CONFIG_FILE, composeEnvironment)).destinations
  const { hostname, port } = new URL(destination?.url ?? '')
  expect(Object.keys(COMPOSE.services)).toContain(hostname)
  expect(COMPOSE.services[hostname].ports.map((published: string) => published.split(':').at(-1))).toEqual([
    port,
  ])
})

test('the provisioning of compose is sound for its configuration and the profiles that ship', () => {
  const { destinations } = getSound(loadConfig(CONFIG_FILE, composeEnvironment))
  const profiles = getSound(loadProfiles(['devices']))
  const provision = loadProvision({
    file: 'config/compose/provision.yaml',
    environment: SECRETS,
    profileIds: new Set(profiles.keys()),
    entityTypes: getEntityTypes(profiles.values()),
    destinationIds: destinations.map(({ id }) => id),
    key: Buffer.alloc(32),
  })
  expect(getSound(provision).filter(({ kind }) => kind === 'tenant')).toHaveLength(1)
  expect(Object.keys(SERVICE.environment)).toEqual(expect.arrayContaining(Object.keys(SECRETS)))
})

/** What was checked. Where it has faults, they are what fails. */
function getSound<T>(checked: Checked<T>): T {
  if (checked.faults === undefined) return checked.value
  throw new Error(checked.faults.map(formatFault).join('\n'))
}

/** The variables of the last ENV of a Dockerfile, with or without quotes. */
function readEnvironment(dockerfile: string): Readonly<Record<string, string>> {
  const [, text = ''] = /^ENV (.+)$/m.exec(dockerfile) ?? []
  const pairs = text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)
  return Object.fromEntries([...pairs].map(([, name = '', quoted, plain]) => [name, quoted ?? plain ?? '']))
}
