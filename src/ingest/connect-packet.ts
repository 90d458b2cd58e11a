/** The CONNECT of a client (MQTT 3.1.1, 3.1), as far as it concerns the guard: how often the client will be heard of. */
import type { PacketReader } from './packet-reader.ts'

const TEXT_LENGTH_BYTES = 2
/** Protocol level and connect flags. */
const LEVEL_AND_FLAGS_BYTES = 2
/** A client may be late by half of its keep-alive (MQTT-3.1.2-24). */
const KEEP_ALIVE_MS = 1_500

/** After how many milliseconds of silence a client is gone; 0 for never. The packet that is passed on asks for no such time. */
export function takeKeepAlive({ bytes, bodyAt, end }: PacketReader): number {
  if (bodyAt + TEXT_LENGTH_BYTES > end) return 0
  const at = bodyAt + TEXT_LENGTH_BYTES + bytes.readUInt16BE(bodyAt) + LEVEL_AND_FLAGS_BYTES
  if (at + 2 > end) return 0
  const seconds = bytes.readUInt16BE(at)
  bytes.writeUInt16BE(0, at)
  return seconds * KEEP_ALIVE_MS
}
