/** Codec scripts of device makers (LoRa Alliance TS013), run in the sandbox. What they give is read like JSON. */
import type { Profile } from '../../profiles/profile.ts'
import type { Reading } from '../../reading.ts'
import type { Frame } from '../frame.ts'
import { compileObjectReadings } from '../object-readings.ts'
import { createBytesError } from '../payload.ts'
import type { CodecPool } from '../sandbox/codec-pool.ts'

export type RunCodec = CodecPool['decode']

/** Rejects with DECODE_FAILED, and with SCRIPT_LIMIT or SCRIPT_SUSPENDED where the script is at fault. */
type DecodeFrameLater = (frame: Frame) => Promise<readonly Reading[]>

export function compileScript({ id, decode: { script } }: Profile, runCodec: RunCodec): DecodeFrameLater {
  if (script?.source === undefined) throw new Error(`expected a script that is loaded in profile ${id}`)
  const { source, variables } = script
  const codec = { id, source }
  const toReadings = compileObjectReadings(script, 'an object from the codec', createBytesError)
  return async frame => {
    const input = {
      bytes: frame.payload,
      fPort: frame.link?.fPort ?? 0,
      recvTime: new Date(frame.receivedAt).toISOString(),
      variables,
    }
    return toReadings(await runCodec(codec, input), frame)
  }
}
