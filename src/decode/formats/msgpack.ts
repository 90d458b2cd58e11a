/** MessagePack: what JSON says, in fewer bytes. */
import type { ObjectFormat } from '../../profiles/formats-objects.ts'
import type { DecodeFrame } from '../frame.ts'
import { parseMsgpack } from '../msgpack-item.ts'
import { compileObjectReadings } from '../object-readings.ts'
import { createBytesError } from '../payload.ts'

export function compileMsgpack(format: ObjectFormat): DecodeFrame {
  const toReadings = compileObjectReadings(format, 'a MessagePack map', createBytesError)
  return frame => toReadings(parseMsgpack(frame.payload), frame)
}
