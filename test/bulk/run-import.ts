/** Imports a text as tests do, and gives what became of each row. */
import { type ImportOptions, importDevices, type LineVerdict } from '../../src/bulk/import-devices.ts'
import { MemoryStore } from './memory-store.ts'

export const PROFILES = ['milesight-ws302', 'milesight-am307', 'dragino-lds02', 'elsys-ers', 'bosch-am307x']

export interface Imported {
  readonly lines: readonly LineVerdict[]
  readonly warnings: readonly string[]
  readonly store: MemoryStore
}

export async function runImport(
  content: string | Buffer,
  {
    store = new MemoryStore(),
    profile,
    dryRun = false,
  }: { store?: MemoryStore; profile?: string; dryRun?: boolean } = {},
): Promise<Imported> {
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
