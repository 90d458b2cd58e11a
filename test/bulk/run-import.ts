/** Imports a text as tests do, into a registry on an engine in memory, and gives what became of each row. */
import {
  type DeviceStore,
  type ImportOptions,
  importDevices,
  type LineVerdict,
} from '../../src/bulk/import-devices.ts'
import type { Entry } from '../../src/provisioning/entry.ts'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import type { ChangeAnswer } from '../../src/provisioning/provisioning.ts'
import { fromFile, openProvisioning } from '../provisioning/test-provisioning.ts'

export const PROFILES = ['milesight-ws302', 'milesight-am307', 'dragino-lds02', 'elsys-ers', 'bosch-am307x']

/** The registry of one tenant, and what was asked of it. */
export class TestStore implements DeviceStore {
  readonly #provisioning: Provisioning
  /** How many edits each change was about that was made. */
  readonly changes: number[] = []

  /** With these devices in the provisioning file. */
  static async open(...devices: readonly string[]): Promise<TestStore> {
    const tenants = ['kranj', 'bled'].map(
      (id): Entry => fromFile({ kind: 'tenant', id }, { id, groups: [], routes: [] }),
    )
    const entries = devices.map(id => {
      const value = { tenant: 'kranj', id, profile: 'elsys-ers', attributes: {} }
      return fromFile({ kind: 'device', tenant: 'kranj', id }, value)
    })
    const surroundings = {
      ...{ profileIds: new Set(PROFILES), entityTypes: new Set<string>() },
      ...{
        isBridged: () => true,
        profilesRevision: 0,
        listClaims: () => [],
        listUnusualClaims: () => [],
        findKeyOwner: () => undefined,
        findCertificateOwner: () => undefined,
        findAddressFault: () => undefined,
      },
    }
    const getSurroundings = () => surroundings
    return new TestStore(await openProvisioning({ fromFiles: [...tenants, ...entries], getSurroundings }))
  }

  private constructor(provisioning: Provisioning) {
    this.#provisioning = provisioning
  }

  get: DeviceStore['get'] = place => this.#provisioning.get(place)

  async change(...[edits, options]: Parameters<DeviceStore['change']>): Promise<ChangeAnswer> {
    const answer = await this.#provisioning.change(edits, options)
    if (answer.refusals === undefined && !options.dryRun) this.changes.push(edits.length)
    return answer
  }

  valueOf(id: string): unknown {
    return this.get({ kind: 'device', tenant: 'kranj', id })?.value
  }

  get ids(): readonly string[] {
    const { items } = this.#provisioning.list('device', { tenant: 'kranj', limit: 100_000 })
    return items.map(({ id }) => id)
  }
}

export interface Imported {
  readonly lines: readonly LineVerdict[]
  readonly warnings: readonly string[]
  readonly store: TestStore
}

export async function runImport(
  content: string | Buffer,
  {
    store: given,
    profile,
    dryRun = false,
  }: { readonly store?: TestStore; readonly profile?: string; readonly dryRun?: boolean } = {},
): Promise<Imported> {
  const store = given ?? (await TestStore.open())
  const lines: LineVerdict[] = []
  const warnings: string[] = []
  const options: ImportOptions = {
    tenant: 'kranj',
    actor: { name: 'test', role: 'admin', from: '127.0.0.1' },
    dryRun,
    profiles: { ids: new Set(PROFILES), byDefault: profile },
    store,
    onLines: told => void lines.push(...told),
    onWarnings: told => void warnings.push(...told),
  }
  await importDevices(Buffer.from(content as string), options)
  return { lines, warnings, store }
}
