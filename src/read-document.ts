/** Reads a YAML document that a person wrote. Only what reads files has to know YAML; faults are told in document.ts. */
import { isUtf8 } from 'node:buffer'
import { readFileSync, statSync } from 'node:fs'
import { relative } from 'node:path'
import type { Fault } from './document.ts'
import { getMessage } from './errors.ts'
import { type Locate, type Place, parseYamlText, type YamlText } from './yaml-text.ts'

/** What a file says, and where it says it. */
export type ReadDocument =
  | { readonly value: unknown; readonly locate: Locate; readonly faults?: never }
  | { readonly faults: readonly Fault[] }

/** A document larger than this was not written by a person; the bound also tames what a parser can be made to build. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024
/** As one character, and as its three bytes. */
const BYTE_ORDER_MARK = /^(?:\uFEFF|\u00EF\u00BB\u00BF)/

/** Reads and parses one YAML file. JSON is YAML, so both are taken. */
export function readDocument(path: string): ReadDocument {
  const file = relative(process.cwd(), path) || path
  try {
    const { size } = statSync(path)
    if (size > DOCUMENT_BYTES_MAX) {
      return toFault(file, `expected at most ${DOCUMENT_BYTES_MAX} bytes, got ${size}`)
    }
    const bytes = readFileSync(path)
    const document = isUtf8(bytes) ? parseNarrow(bytes) : { fault: findForeignBytes(bytes) }
    return document.fault === undefined
      ? { value: document.value ?? {}, locate: document.locate }
      : toFault(file, document.fault.problem, document.fault.place)
  } catch (error) {
    return toFault(file, getMessage(error))
  }
}

/**
 * One č anywhere in a text makes every string that is cut from it a wide one, keys and units too, and everything that is later
 * built from them: serializing an entity takes three times as long then. So the bytes are parsed as if each was a character,
 * and only the strings that need it are made UTF-8 afterwards. Escapes would be mistaken for bytes; a text with any is parsed as it is.
 */
function parseNarrow(bytes: Buffer): YamlText {
  const hasEscapes = /\\[xuUN_LP]/.test(bytes.toString('latin1'))
  const text = bytes.toString(hasEscapes ? 'utf8' : 'latin1').replace(BYTE_ORDER_MARK, '')
  return hasEscapes ? parseYamlText(text) : parseYamlText(text, widenText)
}

/** The first line that is no UTF-8. Windows calls UTF-16 "Unicode", and marks it with two bytes. */
function findForeignBytes(bytes: Buffer) {
  if (/^(?:\xff\xfe|\xfe\xff)/.test(bytes.toString('latin1', 0, 2))) {
    return { problem: 'expected UTF-8 text, got UTF-16: save it as UTF-8', place: undefined }
  }
  const lines = bytes.toString('latin1').split('\n')
  const at = lines.findIndex(line => !isUtf8(Buffer.from(line, 'latin1')))
  return { problem: 'expected UTF-8 text, got other bytes', place: { line: at + 1, column: 1 } }
}

function widenText(text: string): string {
  return /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text
}

function toFault(file: string, problem: string, place?: Place): { readonly faults: readonly Fault[] } {
  return { faults: [{ file, key: '', problem, ...place }] }
}
