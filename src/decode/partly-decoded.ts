/** Thrown for a message of which a part could be read: the values before an unknown or cut-off one are as good as any others. */
import { TromostError } from '../errors.ts'
import type { Reading } from '../reading.ts'

/** Its readings are used; the message itself is kept, so that the rest of it can follow once the profile knows it. */
export class PartlyDecoded extends TromostError {
  readonly readings: readonly Reading[]

  constructor(readings: readonly Reading[], detail: string) {
    super('DECODE_PARTIAL', detail)
    this.readings = readings
  }
}
