/** A vendor's codec script, what goes into it, and the limits that it runs under. */

/** A codec as its vendor publishes it (LoRa Alliance TS013, or one of the two older signatures). */
export interface Codec {
  /** The profile that it belongs to; limits are kept per id. */
  readonly id: string
  readonly source: string
}

export interface CodecInput {
  readonly bytes: Buffer
  readonly fPort: number
  /** ISO 8601; the script sees a Date, as in the network servers. */
  readonly recvTime: string
  readonly variables?: Readonly<Record<string, string>>
}

export interface CodecLimits {
  /** Of one message. A frame of LoRaWAN has 242 at most. */
  readonly inputBytesMax: number
  /** For one message. */
  readonly timeMs: number
  /** For the first message of a codec in a thread, which compiles it: a large one on a busy machine takes its time. */
  readonly loadMs: number
  readonly stackBytes: number
  /** Characters of the decoded data as JSON. The largest of 906 published vectors has 1,607. */
  readonly outputCharsMax: number
  readonly depthMax: number
  /** Objects, lists and scalars in the decoded data, counted together. */
  readonly valuesMax: number
  /** How long a codec that stopped a thread runs apart from the others, and how long one that is suspended is not run. */
  readonly apartMs: number
  /** So many messages in a row that stop the thread apart, and the codec is suspended. */
  readonly strikesMax: number
  /** So many messages in a row that meet any limit, and the codec is suspended. */
  readonly failuresMax: number
}

export const CODEC_LIMITS: CodecLimits = {
  inputBytesMax: 16 * 1_024,
  timeMs: 100,
  loadMs: 1_000,
  stackBytes: 256 * 1_024,
  outputCharsMax: 64 * 1_024,
  depthMax: 16,
  valuesMax: 4_096,
  apartMs: 60_000,
  strikesMax: 5,
  failuresMax: 20,
}
