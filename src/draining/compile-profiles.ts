/** Profiles made ready for the flow: each compiled once, those with a script tied to the sandbox. */

import { compileDecoder, compileScriptDecoder } from '../decode/decode.ts'
import { compileIdentify } from '../decode/identify.ts'
import { watchNames } from '../decode/repeated-name.ts'
import { CODEC_LIMITS } from '../decode/sandbox/codec.ts'
import { CodecPool } from '../decode/sandbox/codec-pool.ts'
import { getMessage } from '../errors.ts'
import { compileMapper } from '../map/map.ts'
import type { Profile } from '../profiles/profile.ts'
import type { Batteries } from './batteries.ts'
import type { CompiledProfile } from './carried.ts'
import { report, reportCodecTrouble, reportRepeatedName } from './drain-log.ts'

/** Its thread starts with the first message that is for a script. What waits there the windows of the lanes bound. */
export function createCodecs(): CodecPool {
  return new CodecPool({
    threads: 1,
    limits: CODEC_LIMITS,
    onTrouble: reportCodecTrouble,
    onStartFailed: error =>
      report('error', { error: getMessage(error), msg: 'the thread for codec scripts could not be started' }),
  })
}

export function compileProfile(profile: Profile, codecs: CodecPool, batteries: Batteries): CompiledProfile {
  const map = compileMapper(profile, batteries.listenTo(profile))
  const identify = compileIdentify(profile)
  if (profile.decode.script === undefined) {
    const decode = watchNames(compileDecoder(profile), reportRepeatedName(profile.id))
    return { decode, decodeLater: undefined, map, identify }
  }
  const decodeLater = compileScriptDecoder(profile, (codec, input) => codecs.decode(codec, input))
  return { decode: undefined, decodeLater, map, identify }
}
