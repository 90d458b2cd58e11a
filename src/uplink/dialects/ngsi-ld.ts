/** Any NGSI-LD broker: batch upsert, update semantics, so that attributes which the sensor did not send stay (5.6.8). */
import type { DestinationConfig } from '../../config/config.ts'
import { getAuthHeaderNames } from '../auth/authorization.ts'
import { createChooseContext, toLink } from '../context.ts'
import type { DeliveryAddress, DescribeRequest, Dialect } from '../dialect.ts'
import { HttpPost } from '../http-post.ts'
import { isContextMissing, readAnswer } from '../ngsi-ld-answer.ts'
import type { Parcel } from '../parcel.ts'
import { judgeFailure } from '../postponed.ts'
import { TEMPORAL_PATH, TemporalUplink } from '../temporal.ts'

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d]

/** Late readings leave the current ones the most of the broker. */
const TEMPORAL_REQUESTS_MAX = 4

const PATH = '/ngsi-ld/v1/entityOperations/upsert?options=update'

export function createNgsiLd(address: DeliveryAddress): Dialect {
  const { destination, access } = address
  const post = new HttpPost({ destination, access, headers: getHeaders(address) })
  return {
    chooseContext: createChooseContext(destination.context),
    deliver: async parcels => {
      const context = parcels[0]?.context
      try {
        const answer = await post.request({
          method: 'POST',
          path: PATH,
          body: toBody(parcels),
          headers: getLink(context),
        })
        const verdict = readAnswer(answer, parcels)
        return verdict.kind === 'later' && isContextMissing(answer.body)
          ? { ...verdict, detail: `${verdict.detail} (@context ${context})` }
          : verdict
      } catch (error) {
        return judgeFailure(error)
      }
    },
    close: () => post.close(),
  }
}

export function createNgsiLdTemporal(
  address: DeliveryAddress,
  onUnsupported: (detail: string) => void,
): TemporalUplink {
  const { destination, access } = address
  const concurrency = Math.min(destination.concurrency.max, TEMPORAL_REQUESTS_MAX)
  const choose = createChooseContext(destination.context)
  const post = new HttpPost({ destination, access, headers: getHeaders(address) })
  return new TemporalUplink({
    post: (body, context) =>
      post.request({ method: 'POST', path: TEMPORAL_PATH, body, headers: getLink(choose(context)) }),
    concurrency,
    retry: destination.retry,
    onUnsupported,
    close: () => post.close(),
  })
}

export const describeNgsiLd: DescribeRequest = (address, parcels) => {
  const secret = getAuthHeaderNames(address.destination.auth).map(name => [name, '(hidden)'])
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

/** Of every request, beside those that authorise it. application/json with a Link to the @context is the form that costs brokers least (6.3.5). */
function getHeaders({ brokerTenant }: DeliveryAddress): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    ...(brokerTenant && { 'NGSILD-Tenant': brokerTenant }),
  }
}
