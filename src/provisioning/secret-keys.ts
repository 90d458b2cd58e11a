/** What is secret of a destination: taken out of its value before anybody sees it, and put back where a change does not name it. */

/** By the schema of destinations. */
const SECRET_KEYS = [
  'auth.token',
  'auth.password',
  'auth.value',
  'auth.clientSecret',
  'auth.refreshToken',
  'tls.keyPassword',
] as const

type Fields = Record<string, unknown>

export interface Parted {
  readonly value: unknown
  readonly secrets: Readonly<Record<string, string>>
}

/** What is no text is left where it is: the schema has refused it, or will. */
export function partSecrets(raw: unknown): Parted {
  const value = structuredClone(raw)
  const secrets: Record<string, string> = {}
  for (const key of SECRET_KEYS) {
    const [holder, name] = find(value, key)
    const text = holder?.[name]
    if (holder === undefined || typeof text !== 'string') continue
    secrets[key] = text
    delete holder[name]
  }
  return { value, secrets }
}

/** The value with its secrets; those that it names itself win. */
export function joinSecrets(value: unknown, secrets: Readonly<Record<string, string>>): unknown {
  const joined = structuredClone(value)
  for (const [key, text] of Object.entries(secrets)) {
    const [holder, name] = find(joined, key)
    if (holder !== undefined && holder[name] === undefined) holder[name] = text
  }
  return joined
}

/**
 * Those that stay in use for a value that does not name them: as long as they go where they went before, to be used as they were.
 * Else whoever may change an address could have them sent to himself.
 */
export function keepSecrets(
  before: { readonly value: unknown; readonly secrets?: Readonly<Record<string, string>> | undefined },
  next: unknown,
): Readonly<Record<string, string>> {
  const isAlike = ['url', 'auth.kind', 'auth.tokenUrl', 'auth.name', 'auth.grant'].every(
    key => read(before.value, key) === read(next, key),
  )
  return isAlike ? (before.secrets ?? {}) : {}
}

function read(root: unknown, key: string): unknown {
  const [holder, name] = key.includes('.') ? find(root, key) : [root as Fields | undefined, key]
  return holder?.[name]
}

/** The object that holds the last name of the key, where there is one. */
function find(root: unknown, key: string): readonly [Fields | undefined, string] {
  const [parent = '', name = ''] = key.split('.')
  const holder = isFields(root) && Object.hasOwn(root, parent) ? root[parent] : undefined
  return [isFields(holder) ? holder : undefined, name]
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
