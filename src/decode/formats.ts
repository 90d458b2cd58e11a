/**
 * THE TABLE of decoders, one for each format that a profile can name but `script`, which takes its time (decode.ts). An
 * adapter is one file under formats/.
 */
import { type DecodeProfile, FORMAT_NAMES, type FormatName, type Formats } from '../profiles/formats.ts'
import { compileBytes } from './formats/bytes.ts'
import { compileCayenne } from './formats/cayenne.ts'
import { compileCbor } from './formats/cbor.ts'
import { compileChannels } from './formats/channels.ts'
import { compileJson } from './formats/json.ts'
import { compileMsgpack } from './formats/msgpack.ts'
import { compileSenml } from './formats/senml.ts'
import { compileText } from './formats/text.ts'
import { compileUltralight } from './formats/ultralight.ts'
import { compileWords } from './formats/words.ts'
import type { DecodeFrame } from './frame.ts'

type PromptName = Exclude<FormatName, 'script'>

const COMPILERS: { readonly [Name in PromptName]: (format: Formats[Name]) => DecodeFrame } = {
  json: compileJson,
  text: compileText,
  ultralight: compileUltralight,
  senml: compileSenml,
  cayenne: compileCayenne,
  cbor: compileCbor,
  msgpack: compileMsgpack,
  bytes: compileBytes,
  channels: compileChannels,
  words: compileWords,
}

export function compileFormat(decode: DecodeProfile): DecodeFrame {
  for (const name of FORMAT_NAMES) {
    const decodeFrame = name === 'script' ? undefined : compileNamed(name, decode[name])
    if (decodeFrame !== undefined) return decodeFrame
  }
  throw new Error('expected a profile without a script that profileSchema has checked')
}

function compileNamed<Name extends PromptName>(
  name: Name,
  format: Formats[Name] | undefined,
): DecodeFrame | undefined {
  return format === undefined ? undefined : COMPILERS[name](format)
}
