/** What is secret in a value, replaced before the value is written anywhere: a secret is told by the name of its key. */

const MASK = '***'

const SECRET_NAME = /password|passphrase|secret|token|api_?key|authorization|private_?key|^psk_?key$/i
/** Names that only sound so. */
const HARMLESS_NAME = /(?:Url|Kind|Id|At|Name|File|Grace|Type)s?$/
/** User and password of an address, such as mqtts://user:password@host. Bounded, as without bounds long texts would take very long. */
const USER_INFO = /([a-z][a-z\d+.-]{0,20}:\/\/)[^/\s@]{1,1000}@/gi
const DEPTH_MAX = 50

/** A copy of the value, as JSON has it, without what is secret. */
export function maskSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.replace(USER_INFO, `$1${MASK}@`)
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEPTH_MAX) return MASK
  if (Array.isArray(value)) return value.map(item => maskSecrets(item, depth + 1))
  if (value instanceof Date) return value.toISOString()
  const isHeader = 'kind' in value && value.kind === 'header'
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const isSecret = isSecretName(name) || (isHeader && name === 'value')
      return [name, isSecret ? maskAll(item, depth + 1) : maskSecrets(item, depth + 1)]
    }),
  )
}

function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name) && !HARMLESS_NAME.test(name)
}

/** Lists and objects keep their shape, so that it can be told what there was. */
function maskAll(value: unknown, depth: number): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value
  if (typeof value !== 'object' || depth > DEPTH_MAX) return MASK
  if (Array.isArray(value)) return value.map(item => maskAll(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, maskAll(item, depth + 1)]))
}
