/** The decoder of one profile, opened for as long as somebody tries it. */
import { compileDecoder } from '../decode/decode.ts'
import type { Message, Reading } from '../reading.ts'
import type { Profile } from './profile.ts'

export interface OpenDecoder {
  /** Rejects with DECODE_FAILED. */
  decode(message: Message): Promise<readonly Reading[]>
  close(): Promise<void>
}

export async function openDecoder(profile: Profile): Promise<OpenDecoder> {
  const decode = compileDecoder(profile)
  return { decode: async message => decode(message), close: async () => {} }
}
