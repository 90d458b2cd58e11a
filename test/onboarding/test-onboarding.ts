/** Onboarding on an engine in memory: messages are put into quarantine as the lanes do it, and replays are written down. */
import { join } from 'node:path'
import type { QuarantineOrder } from '../../src/draining/replays.ts'
import type { Change } from '../../src/journal/engine.ts'
import { createQuarantineEntry, createQuarantineRemoval } from '../../src/journal/quarantine.ts'
import { findQuarantined } from '../../src/journal/quarantine-filter.ts'
import { Onboarding, type OnboardingOptions } from '../../src/onboarding/onboarding.ts'
import { loadProfiles } from '../../src/profiles/load.ts'
import type { Profile } from '../../src/profiles/profile.ts'
import { TestStore } from '../bulk/run-import.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

const DEVICES = join(import.meta.dirname, '../../devices')
export const ACTOR = { name: 'ana', role: 'admin', from: '127.0.0.1' } as const

export function loadAllProfiles(): ReadonlyMap<string, Profile> {
  const loaded = loadProfiles([DEVICES])
  if (loaded.faults !== undefined) throw new Error(JSON.stringify(loaded.faults))
  return loaded.value
}

export interface Held {
  readonly device: string
  readonly topic?: string
  readonly payload?: string | Buffer
  readonly receivedAt?: number
  readonly code?: string
}

export class TestOnboarding {
  readonly engine: MemoryEngine
  readonly store: TestStore
  readonly onboarding: Onboarding
  readonly replays: QuarantineOrder[] = []
  readonly events: string[] = []
  destinations = ['main']
  #position = 0

  static async open(
    profiles: ReadonlyMap<string, Profile> = new Map(),
    engine: MemoryEngine = new MemoryEngine(),
  ): Promise<TestOnboarding> {
    const store = await TestStore.open()
    const opened: { test?: TestOnboarding } = {}
    const get = () => {
      if (opened.test === undefined) throw new Error('expected an open test')
      return opened.test
    }
    const options: OnboardingOptions = {
      ...{ engine, store, getProfiles: () => profiles },
      openStateful: async () => () => [],
      findLanes: async tenant => get().destinations.map(destination => ({ tenant, destination })),
      replay: order => get().#replay(order),
      discard: order => get().#discard(order),
      commit: async ({ action, place, actor }, changes) => {
        get().events.push(`${actor.name} ${action} ${place.id}`)
        await engine.commit(changes)
      },
      onFailed: error => {
        throw error
      },
    }
    opened.test = new TestOnboarding(engine, store, await Onboarding.open(options))
    return opened.test
  }

  private constructor(engine: MemoryEngine, store: TestStore, onboarding: Onboarding) {
    this.engine = engine
    this.store = store
    this.onboarding = onboarding
  }

  async hold(...messages: readonly Held[]): Promise<void> {
    const changes: Change[] = []
    for (const held of messages) {
      const {
        device,
        topic = `tromost/${device}/up`,
        payload = '1',
        receivedAt,
        code = 'DEVICE_UNKNOWN',
      } = held
      const position = this.#position++
      for (const destination of this.destinations)
        changes.push(
          createQuarantineEntry(
            { tenant: 'kranj', destination, position },
            { device, topic, payload: Buffer.from(payload as string), receivedAt: receivedAt ?? position },
            { code, detail: '', messages: 1 },
          ),
        )
    }
    await this.engine.commit(changes)
  }

  async list(limit = 10) {
    return this.onboarding.list('kranj', { limit })
  }

  async #replay(order: QuarantineOrder) {
    this.replays.push(order)
    const messages = await this.#discard(order)
    return { finished: true, outcomes: { delivered: messages }, refusals: {}, entries: [] }
  }

  async #discard({ tenant, destination, filter }: QuarantineOrder): Promise<number> {
    let messages = 0
    for await (const part of findQuarantined(this.engine, { tenant, destination }, filter)) {
      await this.engine.commit(part.map(createQuarantineRemoval))
      messages += part.length
    }
    return messages
  }
}
