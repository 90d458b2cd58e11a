/** Bytes of a file that people saved as they could: UTF-8, UTF-16 or Windows-1250 become text; workbooks are told apart. */
import { isUtf8 } from 'node:buffer'

export type ReadText =
  | { readonly text: string; readonly encoding: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: string }

/** A zip, as which workbooks of Excel and LibreOffice are stored, and the older form of Excel. Nothing of them is unpacked. */
const WORKBOOKS = [Buffer.from('PK\x03\x04', 'latin1'), Buffer.from('d0cf11e0a1b11ae1', 'hex')]
const BYTE_ORDER_MARKS = [
  { encoding: 'utf-8', bytes: Buffer.from('efbbbf', 'hex') },
  { encoding: 'utf-16le', bytes: Buffer.from('fffe', 'hex') },
  { encoding: 'utf-16be', bytes: Buffer.from('feff', 'hex') },
]

export function readText(bytes: Buffer): ReadText {
  if (WORKBOOKS.some(start => startsWith(bytes, start))) {
    return { problem: 'expected CSV or JSON, got a workbook (XLSX, ODS or XLS): save the sheet as CSV UTF-8' }
  }
  const marked = BYTE_ORDER_MARKS.find(mark => startsWith(bytes, mark.bytes))
  // What no longer is UTF-8 in Slovenia was saved by a Windows that uses its code page for Central Europe.
  const encoding = marked?.encoding ?? (isUtf8(bytes) ? 'utf-8' : 'windows-1250')
  const text = new TextDecoder(encoding).decode(bytes)
  if (text.trim() === '') return { problem: 'expected a row for each device, got nothing' }
  if (text.includes('\0')) return { problem: 'expected CSV or JSON, got bytes that are no text' }
  return { text, encoding }
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return bytes.subarray(0, start.length).equals(start)
}
