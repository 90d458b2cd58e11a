/** How the doors of a listener tell that somebody was turned away. */
import type { ErrorCode } from '../../errors.ts'

/** `address` is that of the client; absent where it was gone before it could be told. */
export type RefuseAt = (code: ErrorCode, problem: string, address: string | undefined) => void
