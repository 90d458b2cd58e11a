/** A store of what is provisioned, on an engine in memory, with one tenant, one destination and the profiles `six` and `eight`. */
import { expect } from '@jest/globals'
import type { Engine } from '../../src/journal/engine.ts'
import type { Entry } from '../../src/provisioning/entry.ts'
import { Provisioning, type ProvisioningOptions } from '../../src/provisioning/live-provisioning.ts'
import type { Actor, ChangeAnswer, Changed, Edit, Place } from '../../src/provisioning/provisioning.ts'
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
    getSurroundings: () => ({
      profileIds: new Set(['six', 'eight']),
      entityTypes: new Set(['WeatherObserved']),
      haveEntitiesInCommon: (one, other) => one.profile === other.profile,
      findKeyOwner: () => undefined,
      findCertificateOwner: () => undefined,
    }),
    now: () => NOW,
    ...options,
  })
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
