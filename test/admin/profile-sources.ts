/** One profile with two versions, of which one is active and the other one runs beside it. */
import type { AdminSources } from '../../src/admin/admin-sources.ts'
import type { Saved } from '../../src/profile-versions/profile-change.ts'
import type { ProfileView, VersionView } from '../../src/profile-versions/profile-view.ts'
import { SOUND } from '../profiles/sound-profile.ts'

const TIME = Date.parse('2026-01-15T09:00:00.000Z')
const DEVICES = [
  { tenant: 'kranj', id: 'a' },
  { tenant: 'bled', id: 'b' },
]

const PROFILE: ProfileView = {
  ...{ id: 'maker-model', source: 'api', vendor: 'Maker', model: 'Model' },
  description: { en: 'A sensor', sl: 'Senzor' },
  ...{ active: 1, latest: 2, earlier: [2], devices: 3, pinned: { 1: 1 }, revision: 4, updatedAt: TIME },
  shadow: { version: 2, since: TIME, devices: DEVICES },
}

const VERSION: VersionView = {
  ...{ version: 2, isActive: false, createdAt: TIME, createdBy: 'ana', note: 'a range' },
}

const SAVED: Saved = {
  ...{ id: 'maker-model', version: 2, isNew: true, warnings: ['temperature means something else'] },
  test: {
    ...{ profile: 'maker-model', passed: false },
    samples: [{ sample: 'a heartbeat', passed: false, difference: 'entities.0: expected nothing, got 1' }],
    findings: [
      { file: 'draft', key: 'id', problem: 'x', rule: 'file-name', severity: 'warning' },
      { file: 'draft', key: 'source', problem: 'x', rule: 'source', severity: 'error', line: 3, column: 1 },
    ],
  },
}

function refuse(code: 'INVALID' | 'NOT_FOUND', key: string) {
  const faults = [{ file: 'profile maker-model', key, problem: 'expected text, got 7' }]
  return { refusals: [{ code, place: { kind: 'profile', id: 'maker-model' } as const, faults }] }
}

export function profileSources(): Pick<AdminSources, 'profiles' | 'versions'> {
  const record = { format: 'json', text: JSON.stringify(SOUND), createdAt: TIME, createdBy: 'ana' } as const
  const message = { tenant: 'kranj', device: 'a', topic: 'x', receivedAt: TIME }
  return {
    profiles: {
      list: async () => ({ items: [PROFILE], total: 2, isLast: false }),
      get: async ({ id }) => (id === PROFILE.id ? PROFILE : undefined),
      listVersions: async () => [VERSION],
      getVersion: async (_view, version) => (version === 2 ? { view: VERSION, record } : undefined),
    },
    versions: {
      create: async () => SAVED,
      add: async (_place, { yaml }) => (yaml === 'id: 7' ? refuse('INVALID', 'id') : SAVED),
      activate: async (_place, version) =>
        version === 9 ? refuse('INVALID', 'sample "x"') : { version, warnings: ['x'] },
      rollBack: async () => ({ version: 1, warnings: [] }),
      startShadow: async () => ({}),
      endShadow: async (_place, version) => (version === 9 ? refuse('NOT_FOUND', '') : {}),
      getShadow: async (_place, version) => {
        if (version === 9) return undefined
        return {
          ...{ id: 'maker-model', active: 1, shadow: 2, devices: DEVICES, since: TIME },
          ...{ messages: 5, same: 3, skipped: 1, others: 0 },
          differences: [
            {
              ...{ kind: 'attributeChanged', type: 'WeatherObserved', attribute: 'temperature', count: 2 },
              examples: [{ ...message, active: { value: 1 }, shadow: 2 }],
            },
            { kind: 'refused', count: 1, examples: [] },
          ],
        }
      },
      remove: async () => ({}),
    },
  }
}
