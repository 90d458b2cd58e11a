/** Paths into values: names joined by dots, such as `em:0.total_act_power`. They read own properties only, never prototypes. */

export type ReadPath = (root: unknown) => unknown

const CHARS_MAX = 256
const PATH = /^(?:\\.|[^.\\])+(?:\.(?:\\.|[^.\\])+)*$/
const NAME = /(?:\\.|[^.\\])+/g

export function isPath(text: string): boolean {
  return text.length <= CHARS_MAX && PATH.test(text)
}

/** Compiles a path to a closure. What is not there, and JSON's null, is undefined. */
export function compilePath(path: string): ReadPath {
  const names = splitPath(path)
  const [first] = names
  if (names.length === 1 && first !== undefined) return root => readOwn(root, first)
  return root => names.reduce(readOwn, root)
}

/** The names of a path. A dot that belongs to a name is written `\.`, so `PM2\.5` is one name. */
export function splitPath(path: string): readonly string[] {
  return (path.match(NAME) ?? []).map(name => name.replace(/\\(.)/g, '$1'))
}

function readOwn(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name] ?? undefined
}
