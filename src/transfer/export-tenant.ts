/** Everything of one municipality as an archive. It is written while the agent works, so it tells how things stood when each part was read. */
import { stringify } from 'yaml'
import { type Alarm, describeAlarm } from '../alarms/alarm.ts'
import type { DeviceStatus } from '../alarms/device-states.ts'
import type { AuditRecord } from '../audit/audit-record.ts'
import type { RetainedMessage } from '../ingest/retained.ts'
import type { Engine } from '../journal/engine.ts'
import { listLanes, loadLaneState } from '../journal/lane-state.ts'
import { readMessagesFrom } from '../journal/messages-from.ts'
import { findQuarantined } from '../journal/quarantine-filter.ts'
import type { Entry } from '../provisioning/entry.ts'
import type { Kind, Place } from '../provisioning/provisioning.ts'
import { parseSecret } from '../registry/secret.ts'
import { DESTINATIONS, type Line, type Manifest, TENANT, toProfileFile } from './archive-format.ts'
import { ArchiveWriter } from './archive-writer.ts'

export interface ExportSources {
  readonly agent: Manifest['agent']
  readonly engine: Pick<Engine, 'get' | 'range' | 'commit' | 'close'>
  /** With their hashes, without what is secret of destinations. */
  readonly getEntry: (place: Place) => Entry | undefined
  readonly listEntries: (kind: Kind, tenant: string) => Iterable<Entry>
  /** Where its entities go, also where it names none. */
  readonly listDestinations: (tenant: string) => readonly { readonly id: string }[]
  /** YAML of those that its devices, groups and routes have, by id. */
  readonly readProfiles: (tenant: string) => Promise<ReadonlyMap<string, string>>
  readonly listStates: (tenant: string) => Iterable<DeviceStatus>
  readonly listAlarms: (tenant: string) => Iterable<Alarm>
  readonly readAudit: (tenant: string) => AsyncIterable<AuditRecord>
  readonly listRetained: (tenant: string) => Iterable<RetainedMessage & { readonly device: string }>
}

/** Nothing for a tenant that is not there. */
export function exportTenant(
  tenant: string,
  sources: ExportSources,
  now: number = Date.now(),
): AsyncGenerator<Buffer> | undefined {
  const entry = sources.getEntry({ kind: 'tenant', id: tenant })
  return entry && write(entry, sources, new ArchiveWriter({ agent: sources.agent, tenant, now }))
}

async function* write(entry: Entry, sources: ExportSources, writer: ArchiveWriter): AsyncGenerator<Buffer> {
  const { id: tenant } = entry
  const destinations = sources.listDestinations(tenant)
  // Before the quarantine is read: what comes into it from now on is among the messages that wait.
  const cursors = await readCursors(tenant, sources)
  yield writer.document(TENANT, stringify({ destinations, ...(entry.value as object) }))
  const used = destinations.flatMap(({ id }) => sources.getEntry({ kind: 'destination', id }) ?? [])
  yield writer.document(DESTINATIONS, stringify(used.map(({ value }) => value)))
  for (const [id, text] of await sources.readProfiles(tenant)) yield writer.document(toProfileFile(id), text)
  yield* writer.list('credentials', toLines(sources.listEntries('credential', tenant)))
  yield* writer.list('devices', toLines(sources.listEntries('device', tenant)))
  yield* writer.list('states', toStates(sources.listStates(tenant)))
  yield* writer.list('quarantine', readQuarantine(tenant, cursors, sources))
  yield* writer.list('messages', readMessages(tenant, cursors, sources))
  yield* writer.list('retained', readRetained(sources.listRetained(tenant)))
  yield* writer.list('alarms', toAlarms(sources.listAlarms(tenant)))
  yield* writer.list('audit', sources.readAudit(tenant))
  yield writer.end()
}

/** How far each lane has come, also those that are closed. */
async function readCursors(tenant: string, { engine, listDestinations }: ExportSources): Promise<Cursors> {
  const own = listDestinations(tenant).map(({ id }) => id)
  const cursors = new Map<string, number>()
  for (const id of new Set([...own, ...(await listLanes(engine, tenant))]))
    cursors.set(id, (await loadLaneState(engine, tenant, id)).position)
  return { cursors, own: new Set(own) }
}

interface Cursors {
  readonly cursors: ReadonlyMap<string, number>
  /** Those that are in use: only for them anything waits. */
  readonly own: ReadonlySet<string>
}

/** A keyed hash says nothing to another agent, and what a person chose is hashed for everybody. */
function* toLines(entries: Iterable<Entry>): Generator<Line<'devices'>> {
  for (const { value, login } of entries) {
    const isPortable = login !== undefined && parseSecret(login.hash)?.kind === 'scrypt'
    const written = value as Readonly<Record<string, unknown>>
    if (isPortable) yield { value: { ...written, passwordHash: login.hash } }
    else yield { value: { ...written }, ...(login !== undefined && { login: 'new' as const }) }
  }
}

async function* readQuarantine(
  tenant: string,
  { cursors }: Cursors,
  { engine }: ExportSources,
): AsyncGenerator<Line<'quarantine'>> {
  for (const [destination, end] of cursors)
    for await (const part of findQuarantined(engine, { tenant, destination }, {}, { end }))
      for (const { position, code, detail, device, topic, messages, payload, ...times } of part)
        yield {
          ...{ destination, position, code, detail, device, topic, messages },
          receivedAt: toTime(times.receivedAt),
          quarantinedAt: toTime(times.quarantinedAt),
          payload: payload.toString('base64'),
        }
}

async function* readMessages(
  tenant: string,
  { cursors, own }: Cursors,
  { engine }: ExportSources,
): AsyncGenerator<Line<'messages'>> {
  for await (const { position, message } of readMessagesFrom(engine, tenant)) {
    const { device, topic, qos, receivedAt, payload, note, isForgotten } = message
    if (isForgotten) continue
    const waitsFor = [...own].filter(id => position >= (cursors.get(id) ?? 0))
    yield {
      ...{ position, device, topic, qos, receivedAt: toTime(receivedAt) },
      waitsFor: waitsFor.filter(id => note?.destinations.includes(id) ?? true),
      payload: payload.toString('base64'),
    }
  }
}

function* readRetained(messages: ReturnType<ExportSources['listRetained']>): Generator<Line<'retained'>> {
  for (const { device, topic, qos, payload } of messages)
    yield { device, topic, qos, payload: payload.toString('base64') }
}

function* toStates(states: Iterable<DeviceStatus>): Generator<Line<'states'>> {
  for (const { id, profile, state, lastHeardAt, knownSince, battery } of states)
    yield {
      ...{ id, profile, state, knownSince: toTime(knownSince) },
      ...(lastHeardAt !== undefined && { lastHeardAt: toTime(lastHeardAt) }),
      ...(battery !== undefined && { battery: { percent: battery.percent, at: toTime(battery.at) } }),
    }
}

function* toAlarms(alarms: Iterable<Alarm>): Generator<Line<'alarms'>> {
  for (const alarm of alarms) yield describeAlarm(alarm)
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
