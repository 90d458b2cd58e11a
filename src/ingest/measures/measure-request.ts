/** A request for measures, as FIWARE's IoT agents for JSON and for Ultralight take them on their south port. */
import type { IncomingMessage } from 'node:http'
import { isDeviceId } from '../../registry/device-id.ts'
import { RefusedRequest } from './refused-request.ts'

export interface MeasureRequest {
  readonly protocol: 'json' | 'ul'
  readonly apikey: string
  readonly device: string
  /** The one attribute that the request speaks of, where it is of one. */
  readonly attribute: string | undefined
  /** When the measure was observed, as the sensor says it. */
  readonly time: string | undefined
  /** The measure of a GET; a POST has it in its body. */
  readonly data: string | undefined
  /** Asks for commands, and brings nothing. */
  readonly isPoll: boolean
}

const PATH = /^\/iot\/(json|d)(\/attrs\/[^/]+)?\/?$/
/** Whatever stands in a topic is one level of it; `|` would part an Ultralight measure. */
const ATTRIBUTE = /^[^/+#|\p{Cc}]{1,128}$/u
const TIME = /^[\dA-Za-z:.+\- ]{1,48}$/

const TYPES: Readonly<Record<'json' | 'ul' | 'attribute', RegExp>> = {
  json: /^application\/(?:[\w.-]+\+)?json$/,
  ul: /^text\/plain$/,
  attribute: /^(?:application\/json|text\/plain|application\/octet-stream)$/,
}

/** Throws a RefusedRequest that names what is missing or wrong. Nothing is said of who may send it. */
export function readRequest(request: IncomingMessage): MeasureRequest {
  const { pathname, searchParams: query } = readUrl(request.url ?? '/')
  const [, path, name] = PATH.exec(pathname) ?? []
  if (path === undefined) {
    throw refuse(404, 'expected /iot/json, /iot/d or either with /attrs/<name>, got another path')
  }
  const protocol = path === 'd' ? 'ul' : 'json'
  const attribute = name === undefined ? undefined : readAttribute(name)
  const isGet = checkMethod(request, attribute)
  if (!isGet) checkContent(request, attribute === undefined ? protocol : 'attribute')
  return {
    protocol,
    attribute,
    apikey: readApikey(query),
    device: readDevice(query),
    time: readTime(query.get('t')),
    data: isGet ? (query.get('d') ?? '') : undefined,
    isPoll: isGet && !query.has('d') && query.get('getCmd') === '1',
  }
}

function readUrl(url: string): URL {
  try {
    return new URL(url, 'http://agent')
  } catch {
    throw refuse(400, 'expected an address that can be read')
  }
}

function readAttribute(segment: string): string {
  const [name] = decode(segment.slice('/attrs/'.length))
  if (name !== undefined && ATTRIBUTE.test(name)) return name
  throw refuse(400, 'attribute: expected 1 to 128 characters without / + # |, got another name')
}

/** Nothing for a broken escape. */
function decode(text: string): readonly string[] {
  try {
    return [decodeURIComponent(text)]
  } catch {
    return []
  }
}

function checkMethod({ method }: IncomingMessage, attribute: string | undefined): boolean {
  if (method === 'POST') return false
  if (method === 'GET' && attribute === undefined) return true
  throw refuse(405, `expected ${attribute === undefined ? 'POST or GET' : 'POST'}, got ${method}`)
}

/** A client that names no type means the usual one. */
function checkContent({ headers }: IncomingMessage, kind: keyof typeof TYPES): void {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  const name = type.trim().toLowerCase()
  if (name !== '' && !TYPES[kind].test(name)) {
    throw refuse(415, `Content-Type: expected ${describeTypes(kind)}, got ${type.slice(0, 80)}`)
  }
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw refuse(415, `Content-Encoding: expected none, got ${encoding.slice(0, 80)}`)
  }
}

function describeTypes(kind: keyof typeof TYPES): string {
  if (kind === 'attribute') return 'application/json, text/plain or application/octet-stream'
  return kind === 'json' ? 'application/json' : 'text/plain'
}

function readApikey(query: URLSearchParams): string {
  const apikey = query.get('k') ?? ''
  if (apikey === '') throw refuse(400, 'k: expected an API key, got nothing')
  return apikey
}

function readDevice(query: URLSearchParams): string {
  const device = query.get('i') ?? ''
  if (device === '') throw refuse(400, 'i: expected the id of a device, got nothing')
  if (!isDeviceId(device)) throw refuse(400, 'i: expected the id of a device, got what cannot be one')
  return device
}

/** A `+` that is not escaped arrives as a space, in the middle of a time that says how far it is from UTC. */
function readTime(text: string | null): string | undefined {
  if (text === null || text === '') return undefined
  const time = text.replace(/(T.*) (?=\d\d:?\d\d$)/, '$1+')
  if (TIME.test(time)) return time
  throw refuse(400, 't: expected a time such as 2026-02-01T10:00:00Z, got other characters')
}

function refuse(status: number, detail: string): RefusedRequest {
  return new RefusedRequest(status, 'MEASURE_MALFORMED', detail)
}

/** The topic on which the sensor would publish the same over MQTT. */
export function toTopic(
  { protocol, apikey, device }: Pick<MeasureRequest, 'protocol' | 'apikey' | 'device'>,
  attribute: string | undefined,
): string {
  const topic = `/${protocol}/${apikey}/${device}/attrs`
  return attribute === undefined ? topic : `${topic}/${attribute}`
}
