import { describe, expect, test } from '@jest/globals'
import type { Edit, Provisioned } from '../../src/provisioning/provisioning.ts'
import type { ReadArchive } from '../../src/transfer/archive-reader.ts'
import { EntryImport } from '../../src/transfer/import-entries.ts'
import { ReportBook } from '../../src/transfer/import-report.ts'
import { ACTOR, openProvisioning } from '../provisioning/test-provisioning.ts'

const ARCHIVE = {
  manifest: { tenant: 'kranj' },
  tenant: { id: 'kranj', name: { sl: 'Kranj' } },
  destinations: [],
  profiles: new Map(),
} as unknown as ReadArchive

const DEVICE = { tenant: 'kranj', id: 'well-7', profile: 'six', name: 'Vodnjak' }

interface Given {
  readonly archive?: Partial<ReadArchive>
  /** What is there before. */
  readonly present?: readonly Edit[]
  readonly source?: 'api' | 'file'
  readonly replace: boolean
}

/** Takes the tenant and one device; gives the report, and the name that the device has then. */
async function take({ archive = {}, present = [], source = 'api', replace }: Given) {
  const provisioning = await openProvisioning()
  const getProvisioned = (place: Parameters<typeof provisioning.get>[0]): Provisioned | undefined => {
    const found = provisioning.get(place)
    return found && { ...found, source }
  }
  await provisioning.change(present, { actor: ACTOR })
  const book = new ReportBook()
  const sources = {
    getProvisioned,
    change: (...args: Parameters<typeof provisioning.change>) => provisioning.change(...args),
    hasProfile: () => true,
    addProfile: async () => undefined,
  }
  const options = { actor: ACTOR, dryRun: false, newPasswords: false, replace }
  const taking = new EntryImport({ ...ARCHIVE, ...archive }, sources, options, book)
  await taking.takeBase()
  await taking.takeAll('device', listLines())
  const { counts, left } = book.toReport({ dryRun: false, tenant: 'kranj', id: 'x', exportedAt: '' })
  const value = provisioning.get({ kind: 'device', tenant: 'kranj', id: 'well-7' })?.value
  return { tenant: counts['tenant'], devices: counts['devices'], left, name: (value as typeof DEVICE).name }
}

async function* listLines() {
  yield { value: DEVICE } as never
}

const TENANT: Edit = { kind: 'tenant', id: 'kranj', value: { id: 'kranj', name: { sl: 'Kranj' } } }
const OTHER: Edit = {
  ...{ kind: 'device', tenant: 'kranj', id: 'well-7' },
  value: { ...DEVICE, name: 'Stari vodnjak' },
}
const ONE_TAKEN = { taken: 1, known: 0, left: 0 }
const ONE_KNOWN = { taken: 0, known: 1, left: 0 }
const ONE_LEFT = { taken: 0, known: 0, left: 1 }

describe('what is there with other values', () => {
  test('stays, and is told with the way to take those of the archive', async () => {
    const why = 'it is there with other values, which stay; --replace takes those of the archive'
    expect(await take({ present: [TENANT, OTHER], replace: false })).toEqual({
      ...{ tenant: ONE_KNOWN, devices: ONE_LEFT, name: 'Stari vodnjak' },
      left: [{ what: 'device well-7', why }],
    })
  })

  test('becomes as it is in the archive with --replace', async () => {
    const before = { ...TENANT, value: { id: 'kranj', name: { sl: 'Nekaj' } } }
    expect(await take({ present: [before, OTHER], replace: true })).toEqual({
      ...{ tenant: ONE_TAKEN, devices: ONE_TAKEN, name: 'Vodnjak', left: [] },
    })
  })

  test('stays where a file here has it, also with --replace', async () => {
    expect(await take({ present: [TENANT, OTHER], source: 'file', replace: true })).toEqual({
      ...{ tenant: ONE_KNOWN, devices: ONE_LEFT, name: 'Stari vodnjak' },
      left: [{ what: 'device well-7', why: 'a file here has it with other values, which stay' }],
    })
  })
})

test('a tenant that cannot be taken is refused with IMPORT_REFUSED, before any of its devices', async () => {
  const archive = { tenant: { id: 'kranj', destinations: ['nowhere'] } }
  await expect(take({ archive, replace: false })).rejects.toMatchObject({
    code: 'IMPORT_REFUSED',
    detail: expect.stringMatching(/^tenant kranj: destinations\.0: expected .*, got "nowhere"$/),
  })
})
