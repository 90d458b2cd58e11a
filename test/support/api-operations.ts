/** The routes of a running agent, as its OpenAPI document has them. */
import type { AdminClient } from './admin-client.ts'

export interface Operation {
  readonly method: string
  /** Such as `/api/v1/devices/{tenant}/{id}`. */
  readonly path: string
  /** Names of the keys of its query. */
  readonly query: readonly string[]
  /** Media types of its body; empty where it takes none. */
  readonly bodies: readonly string[]
}

interface Described {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
}

type Paths = Readonly<Record<string, Readonly<Record<string, Described>>>>

export async function listOperations(client: AdminClient): Promise<readonly Operation[]> {
  const { paths } = await client.get('/openapi.json')
  return Object.entries(paths as Paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => ({
      ...{ method: method.toUpperCase(), path },
      query: parameters.flatMap(parameter => (parameter.in === 'query' ? [parameter.name] : [])),
      bodies: Object.keys(requestBody?.content ?? {}),
    })),
  )
}

/** The path with these in the places of its parameters; 1 in all others. */
export function toPath({ path }: Operation, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? '1'))
}
