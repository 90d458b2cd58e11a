/** Templates of ids and references, such as `urn:ngsi-ld:{type}:{device.id}`, split once when a profile is read. */
import { isDevicePath } from './source-path.ts'

/** The text between placeholders, always one more than there are placeholders. */
export interface Template {
  readonly literals: readonly string[]
  readonly placeholders: readonly string[]
}

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
  return (
    text !== '' &&
    literals.every(literal => !/[{}]/.test(literal)) &&
    placeholders.every(name => name === 'type' || name === 'tenant' || isDevicePath(name))
  )
}
