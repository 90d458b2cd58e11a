/** Text that is written over and over again, as the bytes that it is: UTF-8, four at a time. */

export const WORD_BYTES = 4

export class Piece {
  readonly length: number
  /** The last one is filled up with zeros. */
  readonly words: Int32Array
  readonly #bytes: Uint8Array

  constructor(text: string) {
    this.length = Buffer.byteLength(text)
    const { buffer } = new Int32Array(Math.ceil(this.length / WORD_BYTES))
    this.words = new Int32Array(buffer)
    this.#bytes = new Uint8Array(buffer)
    Buffer.from(buffer).write(text)
  }

  /** Puts other ASCII text in the place of as much of its own. */
  replace(at: number, text: string): void {
    for (let index = 0; index < text.length; index++) this.#bytes[at + index] = text.charCodeAt(index)
  }
}

/** The end of an entity, of an attribute, and of a sub-attribute that says nothing of its time. */
export const CLOSE = new Piece('}')
