/** A registry in memory that takes devices as the real one does: all edits or none, with its reasons. */
import type { DeviceStore } from '../../src/bulk/import-devices.ts'
import { checkDocument } from '../../src/document.ts'
import type { ChangeAnswer, Edit, Place, Provisioned, Refusal } from '../../src/provisioning/provisioning.ts'
import { provisionSchema } from '../../src/registry/provision.ts'

export class MemoryStore implements DeviceStore {
  readonly devices = new Map<string, Provisioned>()
  /** How many edits each change was about. */
  readonly changes: number[] = []
  /** Ids that are refused, whatever is wished of them. */
  readonly refused = new Set<string>()

  get({ id }: Place): Provisioned | undefined {
    return this.devices.get(id)
  }

  async change(edits: readonly Edit[], { dryRun }: { readonly dryRun: boolean }): Promise<ChangeAnswer> {
    const refusals = edits.flatMap(edit => this.#refuse(edit))
    if (refusals.length > 0) return { refusals }
    this.changes.push(edits.length)
    if (!dryRun) for (const edit of edits) this.#put(edit)
    return { changes: [], warnings: [] }
  }

  valueOf(id: string): unknown {
    return this.devices.get(id)?.value
  }

  #refuse(edit: Edit): readonly Refusal[] {
    const { kind, tenant, id, value } = edit
    const place = { kind, tenant, id }
    if (this.refused.has(id)) return [{ code: 'FROM_FILE', place, faults: [] }]
    const { faults = [] } = checkDocument(provisionSchema, { devices: [value] }, '')
    return faults.length === 0 ? [] : [{ code: 'INVALID', place, faults }]
  }

  #put({ kind, tenant, id, value }: Edit): void {
    const revision = (this.devices.get(id)?.revision ?? 0) + 1
    this.devices.set(id, { kind, tenant, id, value, revision, source: 'api', updatedAt: 0 })
  }
}
