/** The devices of a tenant as CSV or JSON that imports again, without what is secret. In parts, so that nothing waits for a large one. */
import { setImmediate as breathe } from 'node:timers/promises'
import { writeAttribute, writeNumber } from './cell-values.ts'

/** A device as the provisioning file has it. */
export interface ExportedDevice {
  readonly id: string
  readonly profile: string
  readonly profileVersion?: number | undefined
  readonly name?: string | undefined
  /** Longitude before latitude. */
  readonly location?: readonly [number, number] | undefined
  readonly placement?: string | undefined
  readonly apikey?: string | undefined
  readonly certificate?: { readonly cn?: string; readonly san?: string } | undefined
  readonly attributes?: Readonly<Record<string, unknown>>
}

/** Each call gives them anew, in the same order. */
export type ListDevices = () => Iterable<ExportedDevice>

const COLUMNS = [
  ...['id', 'name', 'profile', 'profileVersion', 'latitude', 'longitude', 'placement', 'apikey'],
  ...['certificate.cn', 'certificate.san'],
]
const PART_DEVICES = 500
/** So that sheets take it for UTF-8. */
const BYTE_ORDER_MARK = '\uFEFF'
/** What a sheet would take for a formula, and what would be taken for such a text that was made safe. */
const FORMULA = /^'*[=+\-@\t\r]/
const NUMBER = /^-\d+(?:,\d+)?$/

export async function* exportCsv(list: ListDevices): AsyncGenerator<string> {
  const names = await findAttributeNames(list)
  const header = [...COLUMNS, ...names.map(name => `attributes.${name}`)]
  yield `${BYTE_ORDER_MARK}${header.map(writeCell).join(';')}\r\n`
  for await (const part of inParts(list)) {
    yield part.map(device => `${toCells(device, header).map(writeCell).join(';')}\r\n`).join('')
  }
}

export async function* exportJson(list: ListDevices): AsyncGenerator<string> {
  let separator = '{"devices":['
  for await (const part of inParts(list)) {
    yield `${separator}\n${part.map(device => JSON.stringify(toPlain(device))).join(',\n')}`
    separator = ','
  }
  yield separator === ',' ? '\n]}\n' : `${separator}]}\n`
}

async function* inParts(list: ListDevices): AsyncGenerator<readonly ExportedDevice[]> {
  let part: ExportedDevice[] = []
  for (const device of list()) {
    part.push(device)
    if (part.length < PART_DEVICES) continue
    yield part
    part = []
    await breathe()
  }
  if (part.length > 0) yield part
}

async function findAttributeNames(list: ListDevices): Promise<readonly string[]> {
  const names = new Set<string>()
  for await (const part of inParts(list)) {
    for (const { attributes = {} } of part) for (const name of Object.keys(attributes)) names.add(name)
  }
  return [...names].sort()
}

function toCells(device: ExportedDevice, columns: readonly string[]): readonly string[] {
  const { location, certificate, attributes = {}, ...plain } = device
  const cells: Readonly<Record<string, unknown>> = {
    ...plain,
    longitude: location && writeNumber(location[0]),
    latitude: location && writeNumber(location[1]),
    'certificate.cn': certificate?.cn,
    'certificate.san': certificate?.san,
    ...Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [`attributes.${name}`, writeAttribute(value)]),
    ),
  }
  return columns.map(column => String((Object.hasOwn(cells, column) ? cells[column] : undefined) ?? ''))
}

/** In the order in which people read it. */
function toPlain({
  id,
  name,
  profile,
  profileVersion,
  location,
  placement,
  apikey,
  certificate,
  attributes,
}: ExportedDevice) {
  return { id, name, profile, profileVersion, location, placement, apikey, certificate, attributes }
}

function writeCell(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[";\r\n\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
