/** Decoders for those who try a profile: samples, the linter, `profile try`. A script runs in a sandbox of their own, as long as they try. */
import { compileDecoder, compileScriptDecoder } from '../decode/decode.ts'
import { CODEC_LIMITS } from '../decode/sandbox/codec.ts'
import { CodecPool } from '../decode/sandbox/codec-pool.ts'
import type { Message, Reading } from '../reading.ts'
import type { Profile } from './profile.ts'
import type { Sample } from './sample.ts'
import { toMessage } from './sample-message.ts'

export type OpenCodecs = () => Promise<CodecPool>

export const openCodecs: OpenCodecs = () => CodecPool.open({ threads: 1, limits: CODEC_LIMITS })

/** Undefined where no profile has a script. */
type Codecs = CodecPool | undefined

/** Opens a sandbox for as long as `use` takes, if any of the profiles has a script. */
export async function withCodecs<T>(
  profiles: readonly Profile[],
  use: (codecs: Codecs) => Promise<T>,
  open: OpenCodecs = openCodecs,
): Promise<T> {
  const hasScript = profiles.some(({ decode }) => decode.script !== undefined)
  const codecs = hasScript ? await open() : undefined
  try {
    return await use(codecs)
  } finally {
    await codecs?.close()
  }
}

/** A decoder that has heard what comes before a sample, and nothing else: some formats are understood by it. Rejects with DECODE_FAILED. */
export async function openDecoder(
  profile: Profile,
  sample: Sample,
  codecs: Codecs,
): Promise<(message: Message) => Promise<readonly Reading[]>> {
  const decode = compileEither(profile, codecs)
  for (const earlier of sample.before) await decode(toMessage({ ...sample, ...earlier }))
  return async message => decode(message)
}

function compileEither(
  profile: Profile,
  codecs: Codecs,
): (message: Message) => readonly Reading[] | Promise<readonly Reading[]> {
  return codecs === undefined || profile.decode.script === undefined
    ? compileDecoder(profile)
    : compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
}
