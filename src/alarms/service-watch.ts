/** Watches what the agent itself lives on: bridges, the room of the journal, the disk, and whoever is to be told. */
import type { BridgeReport } from '../ingest/bridges/bridge.ts'
import { HIGH_SHARE, LOW_SHARE } from '../journal/fill-alarm.ts'
import type { JournalUsage } from '../journal/room.ts'
import type { AlarmKind, Finding } from './alarm.ts'
import type { Alarms } from './alarms.ts'
import { StandingSince } from './standing-since.ts'

export interface ServiceSources {
  getBridges(): readonly BridgeReport[]
  getJournalUsage(): JournalUsage
  isDiskFull(): boolean
  /** Those that have waited for long, and why. */
  getWebhooks(): readonly { readonly name: string; readonly trouble: string | undefined }[]
}

const KINDS: readonly AlarmKind[] = ['bridge-down', 'journal-full', 'disk-full', 'webhook-down']

export class ServiceWatch {
  readonly #alarms: Alarms
  readonly #downAfterMs: number
  readonly #sources: ServiceSources
  readonly #troubles = new StandingSince()

  constructor(alarms: Alarms, downAfterMs: number, sources: ServiceSources) {
    this.#alarms = alarms
    this.#downAfterMs = downAfterMs
    this.#sources = sources
  }

  look(now = Date.now()): void {
    const bridges = this.#sources.getBridges().map(({ id, tenant, isConnected, trouble }) => ({
      finding: { kind: 'bridge-down', tenant, subject: id, severity: 'critical' } as const,
      trouble: isConnected ? undefined : (trouble ?? 'it is not connected'),
    }))
    const webhooks = this.#sources.getWebhooks().map(({ name, trouble }) => ({
      finding: { kind: 'webhook-down', subject: name, severity: 'warning' } as const,
      trouble,
    }))
    const away = [...bridges, ...webhooks].flatMap(({ finding, trouble }) => {
      const lasts = this.#troubles.measure(`${finding.kind}/${finding.subject}`, trouble !== undefined, now)
      const isDown = lasts >= this.#downAfterMs || this.#alarms.find(finding) !== undefined
      return trouble === undefined || !isDown ? [] : [{ ...finding, message: trouble }]
    })
    this.#alarms.settle(KINDS, [...away, ...this.#findFull(), ...this.#findDiskFull()], now)
  }

  /** Of all, and of each tenant with a bound of its own. */
  #findFull(): readonly Finding[] {
    const { tenants, ...all } = this.#sources.getJournalUsage()
    const owners = tenants.filter(({ maxBytes }) => maxBytes < all.maxBytes)
    return [{ ...all, tenant: undefined }, ...owners].flatMap(({ tenant, bytes, maxBytes }) => {
      const place = { kind: 'journal-full', tenant, subject: '' } as const
      const share = bytes / maxBytes
      if (share < (this.#alarms.find(place) === undefined ? HIGH_SHARE : LOW_SHARE)) return []
      const message = `the journal is nearly full (${Math.floor(share * 100)} %): at its bound nothing is taken in`
      return [{ ...place, severity: 'critical', code: 'JOURNAL_FULL', message } as const]
    })
  }

  #findDiskFull(): readonly Finding[] {
    if (!this.#sources.isDiskFull()) return []
    const message = 'the disk has less room than journal.diskReserve: nothing is taken in'
    return [{ kind: 'disk-full', subject: '', severity: 'critical', code: 'DISK_FULL', message }]
  }
}
