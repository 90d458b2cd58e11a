/** What one kind of destination has to do: take some entities and say what became of them. A dialect is one file in dialects/. */
import type { DestinationConfig } from '../config/config.ts'
import type { EntityText } from '../reading.ts'
import type { Access } from './access.ts'
import type { HttpRequest } from './http-post.ts'
import type { Parcel, Settle } from './parcel.ts'
import type { Verdict } from './verdict.ts'

/** Makes an entity ready to travel, in the form and under the @context that the destination wants. */
export type WrapEntity = (entity: EntityText, settle: Settle) => Parcel

export interface Dialect {
  /** Entities of different contexts never share a request. */
  readonly wrap: WrapEntity
  /** Sends entities of one context. Never rejects: what went wrong is in the verdict. */
  deliver(parcels: readonly Parcel[]): Promise<Verdict>
  close(): Promise<void>
}

/** Where a dialect delivers to. */
export interface DeliveryAddress {
  readonly destination: DestinationConfig
  readonly tenant: string
  /** What the destination calls the tenant (NGSILD-Tenant, Fiware-Service), where it keeps tenants apart. */
  readonly brokerTenant: string | undefined
  /** Where in there its entities are (Fiware-ServicePath). */
  readonly brokerPath?: string | undefined
  /** Where the destination reaches this agent, for the @context that is hosted here. */
  readonly publicUrl?: string | undefined
  /** What the lanes of the destination share; what is sent without it makes its own. */
  readonly access?: Access
}

/** What a broker calls a tenant, and where. */
interface AddressedTenant extends Partial<Pick<DeliveryAddress, 'brokerTenant' | 'brokerPath'>> {
  readonly id: string
}

export function toDeliveryAddress(
  { id, brokerTenant, brokerPath }: AddressedTenant,
  rest: Pick<DeliveryAddress, 'destination' | 'publicUrl' | 'access'>,
): DeliveryAddress {
  return { tenant: id, brokerTenant, brokerPath, ...rest }
}

/** What would be sent, without what is secret; for people who try a profile. */
export interface DescribedRequest {
  readonly method: HttpRequest['method']
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How a dialect does its part of a delivery, and the words for it. */
export interface DialectKind {
  createWrap(address: DeliveryAddress): WrapEntity
  /** The headers of every request, without those of the login. */
  getHeaders(address: DeliveryAddress): Readonly<Record<string, string>>
  /** The requests that entities of one context travel in, when all goes well. */
  toRequests(parcels: readonly Parcel[]): readonly HttpRequest[]
}
