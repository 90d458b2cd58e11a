/** One request for measures on its way to the journal: read, its key checked, and answered when its message is on disk. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { MqttConfig } from '../../config/config.ts'
import { TromostError } from '../../errors.ts'
import type { StoreMessage } from '../../reading.ts'
import { findTenantOfKey } from '../../registry/api-keys.ts'
import type { Registry } from '../../registry/registry.ts'
import { observeStore } from '../observe-store.ts'
import type { IngestObserver } from '../observer.ts'
import { answerProblem, answerTaken } from './answers.ts'
import { Bodies } from './bodies.ts'
import { type MeasureRequest, readRequest, toTopic } from './measure-request.ts'
import { RefusedRequest } from './refused-request.ts'
import { addTime } from './timed-measure.ts'

export interface TakeOptions {
  /** Whose limits hold for measures too. */
  readonly mqtt: MqttConfig
  readonly registry: Registry
  readonly store: StoreMessage
  readonly observer: IngestObserver
}

export function createRequestListener(options: TakeOptions): RequestListener {
  const { mqtt, observer } = options
  const bodies = new Bodies(mqtt.limits.packetBytes)
  const store = observeStore(options.store, observer)
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const measure = readRequest(request)
    const tenant = findTenant(measure, options.registry)
    if (measure.isPoll) answerTaken(response, measure.protocol)
    else keep(tenant, measure, await readPayload(request, measure, bodies), response, store)
  }
  return (request, response) => {
    take(request, response).catch(error => {
      if (error instanceof TromostError) observer.refused(error.code, describe(error, request))
      answerProblem(response, error)
    })
  }
}

/** Who asks for a device that the key may not speak for learns no more than that. */
function findTenant({ apikey, device }: MeasureRequest, registry: Registry): string {
  const tenant = findTenantOfKey(registry, apikey, device)
  if (tenant !== undefined) return tenant
  const detail = `k: expected an API key that may speak for device ${device}, got another`
  throw new RefusedRequest(403, 'API_KEY_REFUSED', detail)
}

async function readPayload(
  request: IncomingMessage,
  { data }: MeasureRequest,
  bodies: Bodies,
): Promise<Buffer> {
  const payload = data === undefined ? await bodies.read(request) : Buffer.from(data)
  if (payload.length > 0) return payload
  throw new RefusedRequest(400, 'MEASURE_MALFORMED', 'expected a measure, got nothing')
}

function keep(
  tenant: string,
  measure: MeasureRequest,
  received: Buffer,
  response: ServerResponse,
  store: StoreMessage,
): void {
  const { attribute, payload } = addTime(measure, received)
  const topic = toTopic(measure, attribute)
  const message = { tenant, device: measure.device, topic, payload, receivedAt: Date.now(), qos: 1 } as const
  store(message, error => {
    if (error === undefined) answerTaken(response, measure.protocol)
    else answerProblem(response, error)
  })
}

/** Never the key, which is a secret also where it is a wrong one. */
function describe({ detail }: TromostError, { socket }: IncomingMessage): string {
  return `measures from ${socket.remoteAddress ?? 'a client that is gone'}: ${detail}`
}
