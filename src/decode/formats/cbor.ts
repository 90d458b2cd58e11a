/** CBOR: what JSON says, in fewer bytes. */
import type { ObjectFormat } from '../../profiles/formats-objects.ts'
import { parseCbor } from '../cbor-item.ts'
import type { DecodeFrame } from '../frame.ts'
import { compileObjectReadings } from '../object-readings.ts'
import { createBytesError } from '../payload.ts'

export function compileCbor(format: ObjectFormat): DecodeFrame {
  const toReadings = compileObjectReadings(format, 'a CBOR map', createBytesError)
  return frame => toReadings(parseCbor(frame.payload), frame)
}
