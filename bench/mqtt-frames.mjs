/** As much of MQTT 3.1.1 as a load generator needs, encoded with little effort so that it does not disturb what it measures. */

const SEQUENCE_KEY = '{"sequence":'
/** Running numbers start here, so that all of them have as many digits and a frame is patched in place. */
export const SEQUENCE_ORIGIN = 1_000_000
const SEQUENCE_DIGITS = 7
const VALUES = ',"temperature":21.4,"humidity":63,"pressure":1013.2,"pm10":17.5,"battery":87}'

/** @param {{ clientId: string, username?: string, password?: string }} login */
export function encodeConnect({ clientId, username, password }) {
  const hasLogin = username !== undefined
  // MQTT-3.1.2: clean session, and user name and password where there are any; no keep-alive.
  const head = Buffer.from([0, 4, 77, 81, 84, 84, 4, hasLogin ? 0b1100_0010 : 0b0000_0010, 0, 0])
  const fields = hasLogin ? [clientId, username, password] : [clientId]
  const body = Buffer.concat([head, ...fields.map(encodeText)])
  return Buffer.concat([Buffer.from([0x10]), encodeLength(body.length), body])
}

/** A PUBLISH of one device whose packet id and running number are still to be set. */
export class PublishTemplate {
  #frame
  #packetIdAt
  #sequenceAt

  constructor(topic, qos) {
    const name = encodeText(topic)
    const packetId = Buffer.alloc(qos === 0 ? 0 : 2)
    const payload = Buffer.from(`${SEQUENCE_KEY}${SEQUENCE_ORIGIN}${VALUES}`)
    const length = encodeLength(name.length + packetId.length + payload.length)
    this.#frame = Buffer.concat([Buffer.from([0x30 | (qos << 1)]), length, name, packetId, payload])
    this.#packetIdAt = qos === 0 ? undefined : 1 + length.length + name.length
    this.#sequenceAt = this.#frame.length - payload.length + SEQUENCE_KEY.length
  }

  get length() {
    return this.#frame.length
  }

  /** Copies the frame to `offset` of `target` with its packet id and running number; gives the offset after it. */
  write(target, offset, packetId, sequence) {
    this.#frame.copy(target, offset)
    if (this.#packetIdAt !== undefined) target.writeUInt16BE(packetId, offset + this.#packetIdAt)
    let rest = SEQUENCE_ORIGIN + sequence
    for (let at = SEQUENCE_DIGITS - 1; at >= 0; at -= 1) {
      target[offset + this.#sequenceAt + at] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    return offset + this.#frame.length
  }
}

/** Splits what a broker sends into CONNACK and PUBACK, which are four bytes each. */
export class AnswerReader {
  #rest = Buffer.alloc(0)

  /** @param {(packetId: number) => void} onPuback @param {(code: number) => void} onConnack */
  read(data, onPuback, onConnack) {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    let at = 0
    for (; at + 4 <= bytes.length; at += 4) {
      if (bytes[at] === 0x40) onPuback(bytes.readUInt16BE(at + 2))
      else if (bytes[at] === 0x20) onConnack(bytes[at + 3])
      else throw new Error(`expected CONNACK or PUBACK, got packet type ${bytes[at] >> 4}`)
    }
    this.#rest = bytes.subarray(at)
  }
}

function encodeText(text) {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes])
}

function encodeLength(length) {
  const bytes = []
  let rest = length
  do {
    bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.from(bytes)
}
