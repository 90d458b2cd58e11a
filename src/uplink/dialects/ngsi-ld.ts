/** Any NGSI-LD broker: batch upsert, update semantics, so that attributes which the sensor did not send stay (5.6.8). */
import type { DestinationConfig } from '../../config/config.ts'
import { createChooseContext, toLink } from '../context.ts'
import type { DeliveryAddress, DescribeRequest, Dialect } from '../dialect.ts'
import { describeFailure, HttpPost } from '../http-post.ts'
import { isContextMissing, readAnswer } from '../ngsi-ld-answer.ts'
import type { Parcel } from '../parcel.ts'
import { TEMPORAL_PATH, TemporalUplink } from '../temporal.ts'

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d]

/** Late readings leave the current ones the most of the broker. */
const TEMPORAL_REQUESTS_MAX = 4

const PATH = '/ngsi-ld/v1/entityOperations/upsert?options=update'

export function createNgsiLd(address: DeliveryAddress): Dialect {
  const { destination } = address
  const post = new HttpPost({
    url: getUrl(destination),
    connections: destination.concurrency.max,
    timeouts: destination.timeouts,
    headers: getHeaders(address),
  })
  return {
    chooseContext: createChooseContext(destination.context),
    deliver: async parcels => {
      const context = parcels[0]?.context
      try {
        const answer = await post.send(toBody(parcels), getLink(context))
        const verdict = readAnswer(answer, parcels)
        return verdict.kind === 'later' && isContextMissing(answer.body)
          ? { ...verdict, detail: `${verdict.detail} (@context ${context})` }
          : verdict
      } catch (error) {
        return { kind: 'later', detail: describeFailure(error) }
      }
    },
    close: () => post.close(),
  }
}

export function createNgsiLdTemporal(
  address: DeliveryAddress,
  onUnsupported: (detail: string) => void,
): TemporalUplink {
  const { destination } = address
  const concurrency = Math.min(destination.concurrency.max, TEMPORAL_REQUESTS_MAX)
  const choose = createChooseContext(destination.context)
  const post = new HttpPost({
    url: `${destination.url?.replace(/\/+$/, '')}${TEMPORAL_PATH}`,
    connections: concurrency,
    timeouts: destination.timeouts,
    headers: getHeaders(address),
  })
  return new TemporalUplink({
    post: (body, context) => post.send(body, getLink(choose(context))),
    concurrency,
    retry: destination.retry,
    onUnsupported,
    close: () => post.close(),
  })
}

export const describeNgsiLd: DescribeRequest = (address, parcels) => {
  const secret = Object.keys(getAuthHeader(address.destination.auth)).map(name => [name, '(hidden)'])
  return {
    method: 'POST',
    url: getUrl(address.destination),
    headers: { ...getHeaders(address), ...getLink(parcels[0]?.context), ...Object.fromEntries(secret) },
    body: toBody(parcels).toString(),
  }
}

function getLink(context: string | undefined): Readonly<Record<string, string>> {
  return context === undefined ? {} : { Link: toLink(context) }
}

function getUrl({ url }: DestinationConfig): string {
  return `${url?.replace(/\/+$/, '')}${PATH}`
}

/** A JSON array of the entities. */
function toBody(parcels: readonly Parcel[]): Buffer {
  const bytes = parcels.reduce((sum, { json }) => sum + json.length, 0)
  // A bracket or a comma before each, and a bracket at the end.
  const body = Buffer.allocUnsafe(bytes + parcels.length + 1)
  let at = 0
  for (const { json } of parcels) {
    body[at] = at === 0 ? OPEN : COMMA
    body.set(json, at + 1)
    at += 1 + json.length
  }
  body[at] = CLOSE
  return body
}

/** Of every request. application/json with a Link to the @context is the form that costs brokers least (6.3.5). */
function getHeaders({ destination, brokerTenant }: DeliveryAddress): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    ...(brokerTenant && { 'NGSILD-Tenant': brokerTenant }),
    ...getAuthHeader(destination.auth),
  }
}

function getAuthHeader(auth: DestinationConfig['auth']): Readonly<Record<string, string>> {
  switch (auth.kind) {
    case 'none':
      return {}
    case 'bearer':
      return { Authorization: `Bearer ${auth.token}` }
    case 'basic':
      return { Authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` }
    case 'header':
      return { [auth.name]: auth.value }
  }
}
