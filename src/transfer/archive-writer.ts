/** Writes an archive as it is read: file after file, and the manifest last, with the hash of each. */
import { createHash, randomUUID } from 'node:crypto'
import {
  FORMAT,
  FORMAT_VERSION,
  type Line,
  type ListName,
  MANIFEST,
  type Manifest,
  PART_BYTES,
  toListFile,
} from './archive-format.ts'
import { packEnd, packFile } from './tar.ts'

export interface ArchiveHead extends Pick<Manifest, 'agent' | 'tenant'> {
  readonly now: number
}

export class ArchiveWriter {
  readonly #head: ArchiveHead
  readonly #files: Manifest['files'] = []

  constructor(head: ArchiveHead) {
    this.#head = head
  }

  document(name: string, text: string): Buffer {
    return this.#file(name, Buffer.from(text), 1)
  }

  /** In parts that are held in memory one at a time. */
  async *list<L extends ListName>(
    name: L,
    lines: AsyncIterable<Line<L>> | Iterable<Line<L>>,
  ): AsyncGenerator<Buffer> {
    let part: Buffer[] = []
    let [bytes, parts] = [0, 0]
    const finish = () => {
      parts += 1
      const file = this.#file(toListFile(name, parts), Buffer.concat(part), part.length)
      part = []
      bytes = 0
      return file
    }
    for await (const line of lines) {
      const text = Buffer.from(`${JSON.stringify(line)}\n`)
      if (part.length > 0 && bytes + text.length > PART_BYTES) yield finish()
      part.push(text)
      bytes += text.length
    }
    if (part.length > 0) yield finish()
  }

  end(): Buffer {
    const { agent, tenant, now } = this.#head
    const manifest: Manifest = {
      ...{ format: FORMAT, version: FORMAT_VERSION, id: randomUUID(), agent, tenant },
      exportedAt: new Date(now).toISOString(),
      files: this.#files,
    }
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`)
    return Buffer.concat([packFile({ name: MANIFEST, bytes }, now), packEnd()])
  }

  #file(name: string, bytes: Buffer, records: number): Buffer {
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    this.#files.push({ name, bytes: bytes.length, sha256, records })
    return packFile({ name, bytes }, this.#head.now)
  }
}
