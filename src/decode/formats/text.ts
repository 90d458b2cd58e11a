/** Text: one value, a number or a word; or lines of columns, or of pairs, each line a reading. */
import { isUsed, type TextFormat } from '../../profiles/formats-text.ts'
import { parseNumber } from '../../profiles/number.ts'
import type { Reading } from '../../reading.ts'
import type { DecodeFrame, Frame } from '../frame.ts'
import { compileObservedTime } from '../observed-time.ts'
import { checkName, createDecodeError, limitReadings, readText } from '../payload.ts'
import { splitFields } from '../text-fields.ts'
import { compileTopicNames, type GetTopicNames, nest } from '../topic-names.ts'

/** Names of values with their texts. */
type Pairs = readonly (readonly [name: string, text: string])[]

/** Undefined for a line without values, such as a header. */
type SplitLine = (line: string, payload: Buffer) => Pairs | undefined

const CONTROL_CHARACTER = /\p{Cc}/u
const LINE_END = /\r\n|\n|\r/

export function compileText(format: TextFormat): DecodeFrame {
  const splitLine = compileLine(format)
  if (splitLine === undefined) {
    const getNames = compileTopicNames(format.names)
    return frame => decodeValue(frame, format, getNames)
  }
  const getObservedAt = compileObservedTime(format.timezone)
  const toReading = (pairs: Pairs, frame: Frame): Reading => {
    const time = pairs.find(([name]) => name === format.observedAt)?.[1]
    const others = pairs.filter(([name, text]) => name !== format.observedAt && text !== '')
    const values = Object.fromEntries(others.map(([name, text]) => [name, parseValue(text, format.decimal)]))
    return { values, observedAt: getObservedAt(time, frame) }
  }
  return frame => {
    const { payload } = frame
    const lines = readLines(payload)
      .map(line => splitLine(line, payload))
      .filter(pairs => pairs !== undefined)
    return limitReadings(
      lines.map(pairs => toReading(pairs, frame)),
      payload,
    )
  }
}

function compileLine(format: TextFormat): SplitLine | undefined {
  const separator = format.separator ?? (format.decimal === ',' ? ';' : ',')
  if (format.columns !== undefined) return compileColumns(format.columns, separator)
  return format.pairs === undefined ? undefined : compilePairs(format.pairs, separator)
}

/** A line with fewer columns was cut off, and its last number with it. */
function compileColumns(columns: readonly string[], separator: string): SplitLine {
  const expectation = `${columns.length} columns with ${JSON.stringify(separator)} between them`
  return (line, payload) => {
    const texts = splitFields(line, separator)
    if (texts.length !== columns.length) throw createDecodeError(expectation, payload)
    const pairs = columns.map((name, index) => [name, texts[index] ?? ''] as const)
    const isHeader = pairs.every(([name, text]) => !isUsed(name) || name === text)
    return isHeader ? undefined : pairs.filter(([name]) => isUsed(name))
  }
}

function compilePairs(sign: string, separator: string): SplitLine {
  const expectation = `pairs such as name${sign}value with ${JSON.stringify(separator)} between them`
  return (line, payload) =>
    splitFields(line, separator)
      // A separator at the end of the line begins no further pair.
      .filter(text => text !== '')
      .map(text => {
        const at = text.indexOf(sign)
        if (at <= 0) throw createDecodeError(expectation, payload)
        return [checkName(text.slice(0, at).trim(), payload), text.slice(at + 1).trim()] as const
      })
}

function readLines(payload: Buffer): readonly string[] {
  const lines = trimEnd(readText(payload))
    .split(LINE_END)
    .filter(line => line.trim() !== '')
  // The tab is a separator that stations use.
  if (lines.length === 0 || lines.some(line => CONTROL_CHARACTER.test(line.replaceAll('\t', '')))) {
    throw createDecodeError('lines of text', payload)
  }
  return lines
}

function decodeValue(
  { topic, payload, receivedAt }: Frame,
  format: TextFormat,
  getNames: GetTopicNames,
): readonly Reading[] {
  const text = trimEnd(readText(payload)).trim()
  if (text === '' || CONTROL_CHARACTER.test(text)) throw createDecodeError('one value as text', payload)
  const value = parseValue(text, format.decimal)
  const names = getNames(topic)
  const values = names === undefined ? { [format.name]: value } : nest(names, value)
  return [{ values, observedAt: receivedAt }]
}

/** Firmware written in C sends the zero that ends its strings along. A pattern would look again from each of many zeros. */
function trimEnd(text: string): string {
  let end = text.length
  while (end > 0 && text[end - 1] === '\0') end -= 1
  return text.slice(0, end)
}

/** With a decimal comma a point is no decimal point, so `1.234` stays text rather than become a wrong number. */
function parseValue(text: string, decimal: TextFormat['decimal']): number | string {
  if (decimal === '.') return parseNumber(text) ?? text
  return (text.includes('.') ? undefined : parseNumber(text.replace(',', '.'))) ?? text
}
