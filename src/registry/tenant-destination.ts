/** Where the entities of a tenant go: to each of its destinations, all of them or those of some types. */
import { z } from 'zod'

const typeName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, {
  error: 'expected an entity type of letters, digits and _',
})

export const tenantDestinationSchema = z
  .union([
    z.string().describe('The id of a destination, which gets all entities.'),
    z.strictObject({
      id: z.string().describe('The id of a destination.'),
      types: z
        .array(typeName)
        .min(1)
        .optional()
        .describe('The only entity types that it gets; what is made of other types is skipped there.'),
    }),
  ])
  .meta({ id: 'tenantDestination' })

export interface TenantDestination {
  readonly id: string
  /** The only entity types that it gets; all where there are none. */
  readonly types?: readonly string[] | undefined
}

export function toTenantDestination(entry: z.output<typeof tenantDestinationSchema>): TenantDestination {
  return typeof entry === 'string' ? { id: entry } : entry
}
