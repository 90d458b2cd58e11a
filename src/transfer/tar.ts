/** Plain files in a tar archive (POSIX ustar, IEEE 1003.1 pax): enough that every system can open what we write, and no more is read. */
import { TromostError } from '../errors.ts'

const BLOCK = 512
const SIZE_AT = 124
const SIZE_CHARS = 12
const CHECKSUM_AT = 148
const CHECKSUM_CHARS = 8
const TYPE_AT = 156
const MAGIC_AT = 257
const MODE = '0000640'
const NOBODY = '0000000'

export interface TarFile {
  readonly name: string
  readonly bytes: Buffer
}

export interface TarBounds {
  /** Which names there may be; anything else is refused. */
  readonly isName: (name: string) => boolean
  readonly fileBytesMax: number
  readonly filesMax: number
}

/** A file with its header and what fills its last block. Names are ASCII of at most 100 characters. */
export function packFile({ name, bytes }: TarFile, modifiedAt: number): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(name, 0, 'latin1')
  header.write(MODE, 100)
  header.write(NOBODY, 108)
  header.write(NOBODY, 116)
  header.write(toOctal(bytes.length, SIZE_CHARS - 1), SIZE_AT)
  header.write(toOctal(Math.floor(modifiedAt / 1_000), 11), 136)
  header.fill(' ', CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_CHARS)
  header.write('0', TYPE_AT)
  header.write('ustar\u000000', MAGIC_AT)
  header.write(`${toOctal(sum(header), 6)}\u0000 `, CHECKSUM_AT)
  return Buffer.concat([header, bytes, Buffer.alloc(getPadding(bytes.length))])
}

/** What follows the last file. */
export function packEnd(): Buffer {
  return Buffer.alloc(BLOCK * 2)
}

/** One file after the other, each whole in memory. Throws ARCHIVE_INVALID for whatever is no plain file of a name that is known. */
export async function* unpackFiles(
  stream: AsyncIterable<Uint8Array>,
  { isName, fileBytesMax, filesMax }: TarBounds,
): AsyncGenerator<TarFile> {
  const parts = stream[Symbol.asyncIterator]()
  const bytes = new ByteQueue(parts)
  try {
    for (let files = 0; ; files++) {
      const header = await bytes.take(BLOCK)
      if (header.every(byte => byte === 0)) return
      if (files === filesMax) throw refuse(`expected at most ${filesMax} files, got more`)
      const { name, size } = readHeader(header)
      if (!isName(name)) throw refuse(`expected files of an export, got ${JSON.stringify(name)}`)
      if (size > fileBytesMax) throw refuse(`${name}: expected at most ${fileBytesMax} bytes, got ${size}`)
      const content = await bytes.take(size)
      await bytes.take(getPadding(size))
      yield { name, bytes: content }
    }
  } finally {
    // Nobody reads on, so nobody is to wait for that.
    await parts.return?.()
  }
}

function readHeader(header: Buffer): { readonly name: string; readonly size: number } {
  const told = Number.parseInt(header.toString('latin1', CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_CHARS), 8)
  const blank = Buffer.from(header).fill(' ', CHECKSUM_AT, CHECKSUM_AT + CHECKSUM_CHARS)
  const isTar = header.toString('latin1', MAGIC_AT, MAGIC_AT + 5) === 'ustar' && told === sum(blank)
  if (!isTar) throw refuse('expected a tar archive that `tromost export` has written, got other bytes')
  const name = header.toString('latin1', 0, 100).replace(/\0.*$/s, '')
  const type = header.toString('latin1', TYPE_AT, TYPE_AT + 1)
  if (type !== '0')
    throw refuse(`${JSON.stringify(name)}: expected a plain file, got type ${JSON.stringify(type)}`)
  const text = header.toString('latin1', SIZE_AT, SIZE_AT + SIZE_CHARS).replace(/[\0 ]+$/, '')
  if (!/^[0-7]{1,11}$/.test(text)) throw refuse(`${name}: expected its size, got ${JSON.stringify(text)}`)
  return { name, size: Number.parseInt(text, 8) }
}

/** What a stream gives, in the sizes that are asked for. */
class ByteQueue {
  readonly #stream: AsyncIterator<Uint8Array>
  #parts: Buffer[] = []
  #length = 0

  constructor(stream: AsyncIterator<Uint8Array>) {
    this.#stream = stream
  }

  async take(size: number): Promise<Buffer> {
    while (this.#length < size) {
      const next = await this.#stream.next()
      if (next.done) throw refuse('expected the whole archive, got a part of it: its end is missing')
      this.#parts.push(Buffer.from(next.value))
      this.#length += next.value.length
    }
    const all = this.#parts.length === 1 ? (this.#parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#parts)
    this.#parts = [all.subarray(size)]
    this.#length -= size
    return all.subarray(0, size)
  }
}

function getPadding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

function sum(header: Buffer): number {
  return header.reduce((total, byte) => total + byte, 0)
}

function toOctal(value: number, chars: number): string {
  return value.toString(8).padStart(chars, '0')
}

function refuse(detail: string): TromostError {
  return new TromostError('ARCHIVE_INVALID', detail)
}
