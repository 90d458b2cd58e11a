/** What the HTTP port tells of messages, from the parts of a running agent. */
import type { MessageSources } from '../admin/message-routes.ts'
import type { DestinationConfig } from '../config/config.ts'
import type { Draining } from '../draining/draining.ts'
import type { Engine } from '../journal/engine.ts'
import { readMessagesOfDevice } from '../journal/messages-of-device.ts'
import type { ProfilesInUse } from '../profile-versions/profiles-in-use.ts'
import { DEVICE_STATUS } from '../profiles/device-status.ts'
import type { Registry } from '../registry/registry.ts'
import { MessageTracer } from '../trace/message-tracer.ts'
import { TailHub } from '../trace/tail-hub.ts'
import type { Plan } from './plan.ts'

export interface TraceParts {
  readonly engine: Engine
  readonly draining: Draining
  readonly registry: Registry
  /** As they stand now, both. */
  readonly getDestinations: () => readonly DestinationConfig[]
  readonly inUse: ProfilesInUse
}

export function createTraceSources(
  { config }: Plan,
  { engine, draining, registry, getDestinations, inUse }: TraceParts,
): MessageSources {
  const openTracer = () =>
    new MessageTracer({
      engine,
      registry,
      destinations: getDestinations(),
      publicUrl: config.http.publicUrl,
      getProfile: device => (device.profile === DEVICE_STATUS.id ? DEVICE_STATUS : inUse.find(device)),
      findFates: query => draining.ask('findFates', query),
    })
  const hub = new TailHub({ openTracer, listen: filters => draining.listen(filters) })
  draining.onTail = report => hub.hear(report)
  return {
    get tenantIds() {
      return registry.tenants.map(({ id }) => id)
    },
    listMessages: async query => {
      const { messages, ...found } = await readMessagesOfDevice(engine, query)
      const tracer = openTracer()
      try {
        return { messages: await tracer.trace(query.tenant, messages), ...found }
      } finally {
        await tracer.close()
      }
    },
    listenToMessages: listener => hub.add(listener),
  }
}
