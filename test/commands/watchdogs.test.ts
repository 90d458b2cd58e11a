import { expect, test } from '@jest/globals'
import { findInterval } from '../../src/commands/watchdogs.ts'
import { ProfilesInUse } from '../../src/profile-versions/profiles-in-use.ts'
import { createRegistry } from '../ingest/test-ingest.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

test('a device is heard in time by the version that it is pinned to, all others by their profile', () => {
  const files = new Map([
    ['six', createProfile({ id: 'six', interval: '10m' })],
    ['six@2', { ...createProfile({ id: 'six', interval: '1h' }), id: 'six@2' }],
  ])
  const inUse = new ProfilesInUse({ engine: new MemoryEngine(), files, onFault: () => {} })
  const registry = createRegistry({
    tenants: [{ id: 'kranj' }],
    devices: [
      { tenant: 'kranj', id: 'well-7', profile: 'six', profileVersion: 2 },
      { tenant: 'kranj', id: 'well-8', profile: 'six' },
    ],
  })
  const find = (id: string) => findInterval({ tenant: 'kranj', id, profile: 'six' }, { registry, inUse })
  expect(['well-7', 'well-8', 'implied'].map(find)).toEqual([3_600_000, 600_000, 600_000])
})
