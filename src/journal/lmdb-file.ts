/**
 * The file of the journal before LMDB opens it. LMDB trusts what it maps: a file that is none, or that ends before its last page,
 * ends the process without a word. Numbers are those of LMDB's data format 2, as mdb.c lays them out.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { TromostError } from '../errors.ts'

/** A page that says how large the others are, which is the last one, and by which transaction; two take turns. */
interface MetaPage {
  readonly pageBytes: number
  readonly lastPage: number
}

const HEAD_BYTES = 24
const META = {
  magic: HEAD_BYTES,
  version: HEAD_BYTES + 4,
  pageBytes: HEAD_BYTES + 24,
  lastPage: HEAD_BYTES + 120,
}
const META_BYTES = HEAD_BYTES + 136
const MAGIC = 0xbe_ef_c0_de
const FORMAT_VERSION = 2
const PAGE_BYTES_MAX = 65_536
/** Of a file far beyond what a disk holds. */
const PAGES_MAX = 2 ** 32

/**
 * Throws DATA_DIR_UNUSABLE for what is no journal. One that was cut short gets its length again, as zeros: then only the records that
 * were there are told as damaged, and those before them are read.
 */
export function mendLmdbFile(folder: string): void {
  const path = join(folder, 'data.mdb')
  if (!existsSync(path)) return
  const file = openSync(path, 'r+')
  try {
    const { size } = fstatSync(file)
    const first = readMeta(file, 0)
    const second = first && readMeta(file, first.pageBytes)
    if (first === undefined || second === undefined) throw refuse(path, size)
    const expected = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageBytes
    if (size < expected) ftruncateSync(file, expected)
  } finally {
    closeSync(file)
  }
}

function readMeta(file: number, position: number): MetaPage | undefined {
  const page = Buffer.alloc(META_BYTES)
  if (readSync(file, page, 0, META_BYTES, position) < META_BYTES) return undefined
  const pageBytes = page.readUInt32LE(META.pageBytes)
  const lastPage = Number(page.readBigUInt64LE(META.lastPage))
  const isMeta =
    page.readUInt32LE(META.magic) === MAGIC &&
    page.readUInt16LE(META.version) === FORMAT_VERSION &&
    pageBytes >= META_BYTES &&
    pageBytes <= PAGE_BYTES_MAX &&
    lastPage < PAGES_MAX
  return isMeta ? { pageBytes, lastPage } : undefined
}

function refuse(path: string, size: number): TromostError {
  const remedy = 'put back a copy of it, or move it away to begin with an empty journal'
  return new TromostError(
    'DATA_DIR_UNUSABLE',
    `${path}: expected a journal, got ${size} bytes that are none; ${remedy}`,
  )
}
