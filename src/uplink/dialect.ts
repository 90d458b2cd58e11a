/** What one kind of destination has to do: take some entities and say what became of them. A dialect is one file in dialects/. */
import type { DestinationConfig } from '../config/config.ts'
import type { Access } from './access.ts'
import type { ChooseContext } from './context.ts'
import type { Parcel } from './parcel.ts'
import type { Verdict } from './verdict.ts'

export interface Dialect {
  /** Entities of different contexts never share a request. */
  readonly chooseContext: ChooseContext
  /** Sends one request, of entities of one context. Never rejects: what went wrong is in the verdict. */
  deliver(parcels: readonly Parcel[]): Promise<Verdict>
  close(): Promise<void>
}

/** Where a dialect delivers to. */
export interface DeliveryAddress {
  readonly destination: DestinationConfig
  readonly tenant: string
  /** What the destination calls the tenant (NGSILD-Tenant), where it keeps tenants apart. */
  readonly brokerTenant: string | undefined
  /** What the lanes of the destination share; what is sent without it makes its own. */
  readonly access?: Access
}

/** What would be sent, without what is secret; for people who try a profile. */
export interface DescribedRequest {
  readonly method: 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Undefined where a dialect sends nothing. */
export type DescribeRequest = (
  address: DeliveryAddress,
  parcels: readonly Parcel[],
) => DescribedRequest | undefined
