/** Batch upsert of NGSI-LD, update semantics, so that attributes which the sensor did not send stay (ETSI GS CIM 009, 5.6.8). */
import { openBroker } from './broker-http.ts'
import { createChooseContext, toLink } from './context.ts'
import type { DeliveryAddress, Dialect, DialectKind, WrapEntity } from './dialect.ts'
import { expandNames } from './expanded-names.ts'
import type { HttpAnswer, HttpPost, HttpRequest } from './http-post.ts'
import { createParcel, type Parcel } from './parcel.ts'
import { judgeFailure } from './postponed.ts'
import { isPostponed, type Verdict } from './verdict.ts'

const [OPEN, COMMA, CLOSE] = [0x5b, 0x2c, 0x5d]

/** What a broker that cannot load a @context says, of the request or of an entity. */
const CONTEXT_MISSING = /\/LdContextNotAvailable"/

const PATH = '/ngsi-ld/v1/entityOperations/upsert?options=update'

/** `sent` are the entities that the answer is about. */
export type ReadAnswer = (answer: HttpAnswer, sent: readonly Parcel[]) => Verdict

export const batchUpsert: DialectKind = {
  createWrap: createNgsiLdWrap,
  getHeaders: getNgsiLdHeaders,
  toRequests: parcels => [toUpsert(parcels)],
}

export function createBatchUpsert(address: DeliveryAddress, read: ReadAnswer): Dialect {
  const broker = openBroker(address, batchUpsert)
  return {
    wrap: createNgsiLdWrap(address),
    deliver: parcels => upsert(broker, parcels, read),
    close: () => broker.close(),
  }
}

/** One request, and what its answer says. */
export async function upsert(
  broker: HttpPost,
  parcels: readonly Parcel[],
  read: ReadAnswer,
): Promise<Verdict> {
  try {
    const answer = await broker.request(toUpsert(parcels))
    const verdict = withContext(read(answer, parcels), parcels[0]?.context)
    return verdict.kind === 'answered' ? { ...verdict, status: answer.status } : verdict
  } catch (error) {
    return judgeFailure(error)
  }
}

/** Names the @context that a broker could not reach. */
export function withContext(verdict: Verdict, context: string | undefined): Verdict {
  return isPostponed(verdict) && CONTEXT_MISSING.test(verdict.detail)
    ? { ...verdict, detail: `${verdict.detail} (@context ${context})` }
    : verdict
}

export function createNgsiLdWrap({ destination: { context }, publicUrl }: DeliveryAddress): WrapEntity {
  const chooseContext = createChooseContext(context, publicUrl)
  if (context !== 'expanded') {
    return (entity, settle) => createParcel(entity, chooseContext(entity.context), settle)
  }
  return (entity, settle) => createParcel(expandNames(entity), chooseContext(entity.context), settle)
}

/** Of every request. application/json with a Link to the @context is the form that costs brokers least (6.3.5). */
export function getNgsiLdHeaders({ brokerTenant }: DeliveryAddress): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    ...(brokerTenant && { 'NGSILD-Tenant': brokerTenant }),
  }
}

export function getLink(context: string | undefined): Readonly<Record<string, string>> {
  return context === undefined ? {} : { Link: toLink(context) }
}

function toUpsert(parcels: readonly Parcel[]): HttpRequest {
  return { method: 'POST', path: PATH, body: toArray(parcels), headers: getLink(parcels[0]?.context) }
}

/** A JSON array of the entities. */
function toArray(parcels: readonly Parcel[]): Buffer {
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
