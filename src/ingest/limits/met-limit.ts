/** Which limit it was when aedes ends a connection. It has words for it only. */
import type { ErrorCode } from '../../errors.ts'
import { QOS2_FULL } from '../store/broker-store.ts'

const LIMITS: readonly (readonly [string, ErrorCode])[] = [
  ['connect did not arrive in time', 'CONNECT_TIMEOUT'],
  ['drain timeout', 'SUBSCRIBER_SLOW'],
  [QOS2_FULL, 'QOS2_FULL'],
]

/** Undefined for any other fault. */
export function findMetLimit(message: string): ErrorCode | undefined {
  return LIMITS.find(([words]) => message.startsWith(words))?.[1]
}
