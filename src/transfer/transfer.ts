/** Municipalities that go to another agent, and those that come: what the HTTP port offers of it. */
import { Readable } from 'node:stream'
import type { AuditLog } from '../audit/audit-log.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { Actor } from '../provisioning/provisioning.ts'
import { ARCHIVE_BYTES_MAX } from './archive-format.ts'
import { readArchive, readLines } from './archive-reader.ts'
import { type ExportSources, exportTenant } from './export-tenant.ts'
import { EntryImport, type EntrySources, type ImportOptions } from './import-entries.ts'
import { MessageImport, type MessageSources } from './import-messages.ts'
import { type ImportReport, ReportBook } from './import-report.ts'
import { clearSpool, type SpoolOptions, withSpool } from './spool.ts'

export interface TransferOptions {
  readonly exported: ExportSources
  readonly entries: EntrySources
  readonly messages: MessageSources
  readonly audit: Pick<AuditLog, 'record'>
  readonly spool: Omit<SpoolOptions, 'bytesMax'>
}

export class Transfer {
  readonly #options: TransferOptions
  #isImporting = false

  constructor(options: TransferOptions) {
    this.#options = options
    clearSpool(options.spool.folder)
  }

  /** A tar archive; nothing for a tenant that is not there. Whoever reads all of a tenant is told in the audit log. */
  async exportTenant(tenant: string, actor: Actor): Promise<Readable | undefined> {
    const parts = exportTenant(tenant, this.#options.exported)
    if (parts === undefined) return undefined
    await this.#options.audit.record({ actor, action: 'export', place: { kind: 'tenant', id: tenant } })
    return Readable.from(parts, { objectMode: false })
  }

  /** Throws ARCHIVE_INVALID, ARCHIVE_NEWER, IMPORT_REFUSED or TRANSFER_RUNNING; with the first two nothing was taken. */
  async importTenant(body: Readable, options: ImportOptions): Promise<ImportReport> {
    if (this.#isImporting)
      throw new TromostError('TRANSFER_RUNNING', 'expected no other import, got one that is under way')
    this.#isImporting = true
    try {
      const bounds = { ...this.#options.spool, bytesMax: ARCHIVE_BYTES_MAX }
      return await withSpool(body, bounds, path => this.#import(path, options))
    } finally {
      this.#isImporting = false
    }
  }

  async #import(path: string, options: ImportOptions): Promise<ImportReport> {
    const archive = await readArchive(path)
    const { tenant, id, exportedAt, agent } = archive.manifest
    const { audit } = this.#options
    const { actor, dryRun } = options
    const event = { actor, action: 'import', place: { kind: 'tenant', id: tenant } }
    const after = { export: id, exportedAt, from: agent.instance }
    if (!dryRun) await audit.record({ ...event, after, outcome: 'ordered' })
    try {
      const book = new ReportBook()
      await this.#takeAll(path, archive, { options, book })
      const report = book.toReport({ dryRun, tenant, id, exportedAt })
      if (!dryRun) await audit.record({ ...event, after: { ...after, counts: report.counts } })
      return report
    } catch (error) {
      if (!dryRun) await audit.record({ ...event, after, outcome: `failed: ${getMessage(error)}` })
      throw error
    }
  }

  async #takeAll(
    path: string,
    archive: Awaited<ReturnType<typeof readArchive>>,
    { options, book }: { readonly options: ImportOptions; readonly book: ReportBook },
  ): Promise<void> {
    const entries = new EntryImport(archive, this.#options.entries, options, book)
    await entries.takeBase()
    await entries.takeAll('credential', readLines(path, 'credentials'))
    await entries.takeAll('device', readLines(path, 'devices'))
    const destinations = listIds(archive.destinations)
    const { dryRun } = options
    const messages = new MessageImport(archive.manifest, this.#options.messages, {
      book,
      dryRun,
      destinations,
    })
    await messages.takeQuarantine(readLines(path, 'quarantine'))
    await messages.takeMessages(readLines(path, 'messages'))
    await messages.takeRetained(readLines(path, 'retained'))
    const why = 'it tells of the agent that it comes from; it stays in the archive'
    book.tell('states of devices, alarms and audit records', why)
  }
}

function listIds(destinations: readonly unknown[]): readonly string[] {
  return destinations.map(destination => String(Reflect.get(Object(destination), 'id')))
}
