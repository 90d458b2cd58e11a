/** Bytes become values, the way a profile says. The only error is DECODE_FAILED, with an excerpt of the payload. */
import type { Profile } from '../profiles/profile.ts'
import type { Message, Reading } from '../reading.ts'
import { compileJson } from './json.ts'
import { compileText } from './text.ts'

export type Decode = (message: Message) => readonly Reading[]

/** Everything that depends on the profile alone is done here, once. */
export function compileDecoder({ decode }: Profile): Decode {
  if (decode.json !== undefined) return compileJson(decode.json)
  if (decode.text !== undefined) return compileText(decode.text)
  throw new Error('expected a profile that profileSchema has checked')
}
