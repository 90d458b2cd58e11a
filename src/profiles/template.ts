/** Templates of ids and references, such as `urn:ngsi-ld:{type}:{device.id}`, split once when a profile is read. */
import { isPath } from './path.ts'
import { isDevicePath } from './source-path.ts'

/** The text between placeholders, always one more than there are placeholders. */
export interface Template {
  readonly literals: readonly string[]
  readonly placeholders: readonly string[]
}

const VALUES = 'reading.values.'
const PLACEHOLDER = /\{([^{}]*)\}/

export function splitTemplate(text: string): Template {
  const parts = text.split(PLACEHOLDER)
  return {
    literals: parts.filter((_, index) => index % 2 === 0),
    placeholders: parts.filter((_, index) => index % 2 === 1),
  }
}

/** True when every placeholder is known and no brace stands alone. */
export function isTemplate(text: string): boolean {
  const { literals, placeholders } = splitTemplate(text)
  return text !== '' && literals.every(literal => !/[{}]/.test(literal)) && placeholders.every(isPlaceholder)
}

/** True when what comes out is not the same for all readings of a device. */
export function namesReading(text: string): boolean {
  return splitTemplate(text).placeholders.some(name => getValuePath(name) !== undefined)
}

/** The path into the reading's values that a placeholder names: what a gateway says of the sensors that it speaks for. */
export function getValuePath(placeholder: string): string | undefined {
  return placeholder.startsWith(VALUES) ? placeholder.slice(VALUES.length) : undefined
}

function isPlaceholder(name: string): boolean {
  const path = getValuePath(name)
  return name === 'type' || name === 'tenant' || isDevicePath(name) || (path !== undefined && isPath(path))
}
