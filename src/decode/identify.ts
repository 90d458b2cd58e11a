/** What tells a message from others, without its readings: for those that were decoded before the start and are only to be recognised. */
import type { Profile } from '../profiles/profile.ts'
import type { Message, MessageIdentity } from '../reading.ts'
import { compileUnwrap } from './envelopes.ts'
import { compileFormat } from './formats.ts'

/** Undefined where the message does not say, and where it cannot be read. */
export type Identify = (message: Message) => MessageIdentity | undefined

export function compileIdentify({ decode }: Profile): Identify {
  const unwrap = compileUnwrap(decode, false)
  const isInside = [decode.json, decode.cbor, decode.msgpack].some(format => format?.messageId !== undefined)
  const decodeFrame = isInside ? compileFormat(decode) : () => []
  return message => {
    try {
      const frame = unwrap(message)
      decodeFrame(frame)
      return frame.identity
    } catch {
      return undefined
    }
  }
}
