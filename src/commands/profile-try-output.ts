/** What `tromost profile try` shows, for people. */
import type { Entity } from '../reading.ts'
import type { ShownTrial } from '../trace/shown-trial.ts'

const CHARS_MAX = 120
/** Control characters, and what is put in the place of bytes that are no UTF-8. */
const UNPRINTABLE = /[\p{Cc}\ufffd]/u

export function formatTrial(shown: ShownTrial): string {
  const { message, device } = shown
  const steps = [
    { title: 'envelope', lines: shown.envelope && listEnvelope(shown.envelope) },
    { title: 'values', lines: shown.readings && listReadings(shown.readings) },
    { title: 'entities', lines: shown.entities && listEntities(shown.entities) },
    { title: 'request', lines: shown.requests && listRequests(shown) },
  ]
  const reached = steps.findIndex(({ lines }) => lines === undefined)
  const shownSteps = reached < 0 ? steps : steps.slice(0, reached + 1)
  return [
    `${shown.profile}, device ${device.id}${device.placement === undefined ? '' : `, ${device.placement}`}`,
    `${message.bytes} bytes on ${message.topic}, received ${message.receivedAt}`,
    ...shownSteps.flatMap(({ title, lines }, index) => [
      '',
      `${index + 1} ${title}`,
      ...(lines ?? [`FAIL  ${shown.fault?.code}: ${shown.fault?.detail}`]).map(line => `  ${line}`),
      ...(title === 'entities' ? listLeftOut(shown) : []),
    ]),
  ].join('\n')
}

function listEnvelope({ name, hex, ...others }: NonNullable<ShownTrial['envelope']>): readonly string[] {
  const text = Buffer.from(hex, 'hex').toString('utf8')
  const isText = text !== '' && !UNPRINTABLE.test(text)
  const known = Object.entries(others).filter(([, value]) => value !== undefined)
  return [
    name ?? 'none: these are the bytes of the device',
    isText ? `text        ${shorten(text)}` : `bytes       ${shorten(hex)} (${hex.length / 2})`,
    ...known.map(([key, value]) => `${key.padEnd(11)} ${value}`),
  ]
}

function listReadings(readings: NonNullable<ShownTrial['readings']>): readonly string[] {
  if (readings.length === 0) return ['no reading: the message says nothing of what the device measures']
  return readings.flatMap(({ observedAt, values }) => [`observed ${observedAt}`, ...toLines(values)])
}

function listEntities(entities: readonly Entity[]): readonly string[] {
  if (entities.length === 0) return ['no entity is made of it']
  return entities.flatMap(toLines)
}

function listLeftOut({ leftOut, readings = [] }: ShownTrial): readonly string[] {
  return leftOut.map(({ what, reason, reading }) => {
    const which = readings.length > 1 ? ` of reading ${reading + 1}` : ''
    return `  left out  ${what}${which}: ${reason}`
  })
}

function listRequests({ requests = [], destination: { id, dialect } }: ShownTrial): readonly string[] {
  const head = `to ${id} (${dialect}); nothing is sent`
  if (dialect === 'preview') return [`${head}: the preview keeps entities itself`]
  if (requests.length === 0) return [`${head}: there is no entity`]
  return [
    head,
    ...requests.flatMap(({ method, url, headers, body }) => [
      `${method} ${url}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...toLines(body),
    ]),
  ]
}

/** JSON with a line for each key: entities are read attribute by attribute. */
function toLines(value: unknown): readonly string[] {
  if (Array.isArray(value)) return ['[', ...joinLines(value.map(toLines)).map(line => `  ${line}`), ']']
  if (typeof value !== 'object' || value === null) return [JSON.stringify(value)]
  const members = Object.entries(value).map(([key, item]) => [
    `${JSON.stringify(key)}: ${JSON.stringify(item)}`,
  ])
  return ['{', ...joinLines(members).map(line => `  ${line}`), '}']
}

function joinLines(items: readonly (readonly string[])[]): readonly string[] {
  return items.flatMap((lines, index) =>
    index === items.length - 1 ? lines : [...lines.slice(0, -1), `${lines.at(-1)},`],
  )
}

function shorten(text: string): string {
  return text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}…` : text
}
