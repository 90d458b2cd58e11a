/** The decoder of one profile, opened for as long as somebody tries it. */
import { compileDecoder } from '../decode/decode.ts'
import type { Message, Reading } from '../reading.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'
import { toMessage } from './samples.ts'

export interface OpenDecoder {
  /** Rejects with DECODE_FAILED. */
  decode(message: Message): Promise<readonly Reading[]>
  close(): Promise<void>
}

export async function openDecoder(profile: Profile): Promise<OpenDecoder> {
  const decode = compileDecoder(profile)
  return { decode: async message => decode(message), close: async () => {} }
}

/** What was said before a sample is heard, and no more: some formats are understood by it. */
export async function hearEarlier({ decode }: OpenDecoder, sample: Sample): Promise<void> {
  for (const earlier of sample.before) await decode(toMessage({ ...sample, ...earlier }))
}
