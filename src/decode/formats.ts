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
import { compileSparkplug } from './formats/sparkplug.ts'
import { compileText } from './formats/text.ts'
import { compileUltralight } from './formats/ultralight.ts'
import { compileWords } from './formats/words.ts'
import type { DecodeFrame } from './frame.ts'
import { EdgeNodes } from './sparkplug/edge-nodes.ts'

type PromptName = Exclude<FormatName, 'script'>

const COMPILERS: {
  readonly [Name in PromptName]: (format: Formats[Name], edgeNodes: EdgeNodes) => DecodeFrame
} = {
  json: compileJson,
  text: compileText,
  ultralight: compileUltralight,
  senml: compileSenml,
  cayenne: compileCayenne,
  sparkplug: compileSparkplug,
  cbor: compileCbor,
  msgpack: compileMsgpack,
  bytes: compileBytes,
  channels: compileChannels,
  words: compileWords,
}

/** `edgeNodes` is what a decoder of Sparkplug B has heard before; others begin anew with each message. */
export function compileFormat(decode: DecodeProfile, edgeNodes: EdgeNodes = new EdgeNodes()): DecodeFrame {
  for (const name of FORMAT_NAMES) {
    const decodeFrame = name === 'script' ? undefined : compileNamed(name, decode[name], edgeNodes)
    if (decodeFrame !== undefined) return decodeFrame
  }
  throw new Error('expected a profile without a script that profileSchema has checked')
}

function compileNamed<Name extends PromptName>(
  name: Name,
  format: Formats[Name] | undefined,
  edgeNodes: EdgeNodes,
): DecodeFrame | undefined {
  return format === undefined ? undefined : COMPILERS[name](format, edgeNodes)
}
