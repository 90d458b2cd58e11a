/** Orion and whoever else speaks NGSIv2: batches that append, values with a type, no @context. */
import { openBroker } from '../broker-http.ts'
import type { DeliveryAddress, Dialect, DialectKind, WrapEntity } from '../dialect.ts'
import type { HttpRequest } from '../http-post.ts'
import { readNgsiV2Answer } from '../ngsi-v2-answer.ts'
import { toNgsiV2 } from '../ngsi-v2-form.ts'
import { createParcel, type Parcel } from '../parcel.ts'
import { judgeFailure } from '../postponed.ts'

const PATH = '/v2/op/update'
const OPEN = Buffer.from('{"actionType":"append","entities":[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']}')

const wrap: WrapEntity = (entity, settle) => createParcel(toNgsiV2(entity), undefined, settle)

export const ngsiV2: DialectKind = {
  createWrap: () => wrap,
  getHeaders,
  toRequests: parcels => [toUpdate(parcels)],
}

export function createNgsiV2(address: DeliveryAddress): Dialect {
  const broker = openBroker(address, ngsiV2)
  return {
    wrap,
    deliver: async parcels => {
      try {
        return readNgsiV2Answer(await broker.request(toUpdate(parcels)), parcels)
      } catch (error) {
        return judgeFailure(error)
      }
    },
    close: () => broker.close(),
  }
}

/** The path is always said: an entity is another one under another path, and the default of reading is not that of writing. */
function getHeaders({ brokerTenant, brokerPath = '/' }: DeliveryAddress): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'application/json',
    Accept: 'application/json',
    // Orion makes it lower case itself; a proxy before it that looks at it does not.
    ...(brokerTenant && { 'Fiware-Service': brokerTenant.toLowerCase() }),
    'Fiware-ServicePath': brokerPath,
  }
}

/** `append` creates an entity that is not there, and attributes that it does not have, and updates the others. */
function toUpdate(parcels: readonly Parcel[]): HttpRequest {
  const entities = parcels.flatMap(({ json }, index) => (index === 0 ? [json] : [COMMA, json]))
  return { method: 'POST', path: PATH, body: Buffer.concat([OPEN, ...entities, CLOSE]) }
}
