/** Marks on what clients carry back to us, so that what they made up themselves is told from what they got. */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

/** 96 bits: enough for what is worth nothing but a place in a list. */
const MARK_BYTES = 12
const MARK_CHARS = 16
const KEY_BYTES = 32

export class Seals {
  readonly #key: Buffer

  /** `key` is the secret of this installation; what is sealed with it holds over a restart. */
  constructor(key: Buffer) {
    this.#key = Buffer.from(hkdfSync('sha256', key, '', 'seals of the admin API', KEY_BYTES))
  }

  /** `purpose` is what it is good for, and nothing else. */
  seal(purpose: string, text: string): string {
    return `${this.#mark(purpose, text).toString('base64url')}${text}`
  }

  /** The text; nothing where it was not sealed for this purpose. */
  open(purpose: string, sealed: string): string | undefined {
    const text = sealed.slice(MARK_CHARS)
    const mark = Buffer.from(sealed.slice(0, MARK_CHARS))
    const expected = Buffer.from(this.#mark(purpose, text).toString('base64url'))
    return mark.length === expected.length && timingSafeEqual(mark, expected) ? text : undefined
  }

  #mark(purpose: string, text: string): Buffer {
    const hmac = createHmac('sha256', this.#key).update(`${purpose.length}:${purpose}${text}`)
    return hmac.digest().subarray(0, MARK_BYTES)
  }
}
