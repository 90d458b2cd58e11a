/** A store of what is provisioned, on an engine in memory, with one tenant, one destination and a few profiles. */
import { expect } from '@jest/globals'
import type { Engine } from '../../src/journal/engine.ts'
import { DEVICE_STATUS } from '../../src/profiles/device-status.ts'
import { type EntityClaim, listEntityClaims, listUnusualClaims } from '../../src/profiles/entity-claims.ts'
import { type EntityProfile, profileSchema } from '../../src/profiles/profile.ts'
import type { Entry } from '../../src/provisioning/entry.ts'
import type { Surroundings } from '../../src/provisioning/entry-faults.ts'
import { Provisioning, type ProvisioningOptions } from '../../src/provisioning/live-provisioning.ts'
import type { Actor, ChangeAnswer, Changed, Edit, Place } from '../../src/provisioning/provisioning.ts'
import type { ProvisionedDevice } from '../../src/registry/provision.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

export const KEY = Buffer.alloc(32, 7)
export const ACTOR: Actor = { name: 'Ana', role: 'admin', from: '192.0.2.1' }
export const NOW = Date.UTC(2026, 1, 1)

const MAIN = { id: 'main', dialect: 'preview' }

export function openProvisioning(options: Partial<ProvisioningOptions> = {}): Promise<Provisioning> {
  return Provisioning.open({
    engine: new MemoryEngine() satisfies Engine,
    key: KEY,
    fromFiles: [fromFile({ kind: 'destination', id: 'main' }, MAIN)],
    fileOf: ({ kind }) => (kind === 'destination' ? 'config.yaml' : 'provision.yaml'),
    getSurroundings: createSurroundings,
    now: () => NOW,
    ...options,
  })
}

const attributes = {}
const ENTITIES = profileSchema.shape.entities
/** What devices of each profile write into. */
export const BY_PROFILE: Readonly<Record<string, readonly EntityProfile[]>> = {
  six: ENTITIES.parse([{ type: 'WeatherObserved', attributes }]),
  eight: ENTITIES.parse([{ type: 'NoiseLevelObserved', attributes }]),
  site: ENTITIES.parse([{ type: 'Site', id: 'urn:ngsi-ld:Site:{device.attributes.site}', attributes }]),
  'usual-site': ENTITIES.parse([{ type: 'Site', attributes }]),
  building: ENTITIES.parse([
    { type: 'Building', id: 'urn:ngsi-ld:Site:{device.attributes.site}', attributes },
  ]),
  gadget: ENTITIES.parse([{ type: 'Gadget', id: 'urn:ngsi-ld:Device:{device.id}', attributes }]),
}

function listClaims(device: ProvisionedDevice, isStatusTold: boolean): readonly EntityClaim[] {
  const own = listEntityClaims(device, BY_PROFILE[device.profile] ?? [])
  return isStatusTold ? [...own, ...listEntityClaims(device, DEVICE_STATUS.entities)] : own
}

export function createSurroundings(): Surroundings {
  return {
    profileIds: new Set(Object.keys(BY_PROFILE)),
    entityTypes: new Set(['WeatherObserved']),
    isBridged: () => true,
    profilesRevision: 0,
    listClaims,
    listUnusualClaims: device => listUnusualClaims(device, BY_PROFILE[device.profile] ?? []),
    findKeyOwner: () => undefined,
    findCertificateOwner: () => undefined,
    findAddressFault: () => undefined,
  }
}

export function fromFile(place: Place, value: unknown): Entry {
  return { ...place, source: 'file', revision: 1, updatedAt: NOW, value, parsed: value }
}

export const KRANJ: Edit = { kind: 'tenant', id: 'kranj', value: { name: { sl: 'Kranj' } } }

export function device(id: string, value: object = {}): Edit {
  return { kind: 'device', tenant: 'kranj', id, value: { profile: 'six', ...value } }
}

/** What is to be taken; fails with the reasons where it is not. */
export async function make(provisioning: Provisioning, ...edits: readonly Edit[]): Promise<Changed> {
  const answer = await provisioning.change(edits, { actor: ACTOR })
  if (answer.refusals === undefined) return answer
  expect(describeRefusals(answer)).toEqual([])
  throw new Error('unreachable')
}

/** Each as `CODE place: key: problem`. */
export function describeRefusals({ refusals = [] }: ChangeAnswer): readonly string[] {
  return refusals.flatMap(({ code, faults }) =>
    faults.map(({ file, key, problem }) => `${code} ${file}: ${key === '' ? '' : `${key}: `}${problem}`),
  )
}

export async function refuse(
  provisioning: Provisioning,
  ...edits: readonly Edit[]
): Promise<readonly string[]> {
  return describeRefusals(await provisioning.change(edits, { actor: ACTOR }))
}
