/** How people of a city log in with its own sign-on: whose tokens are taken, and which groups have which role. */
import { z } from 'zod'
import { ROLES } from '../access/role.ts'
import { httpAddress } from './auth.ts'
import { duration } from './units.ts'

const text = z.string().min(1)

const roleSchema = z.strictObject({
  group: text.describe('As the claim has it.'),
  role: z.enum(ROLES).describe('What those in the group may do.'),
  tenant: text.optional().describe('In this tenant only; absent for the whole agent.'),
})

export const oidcSchema = z
  .strictObject({
    issuer: httpAddress.describe(
      'Such as https://keycloak.example.org/realms/kranj; its keys are found by discovery.',
    ),
    audience: text.describe('What the tokens have to be meant for: the claim aud.'),
    groupsClaim: text
      .optional()
      .describe('Where the groups of a person stand: a claim, or a path with dots. `groups` by default.'),
    rolesClaim: text
      .optional()
      .describe('The same for issuers that have roles, such as realm_access.roles of Keycloak.'),
    clockTolerance: duration('30s').describe('How far the clocks of issuer and agent may be apart.'),
    roles: z.array(roleSchema).min(1).describe('The first one that fits a person counts.'),
  })
  .refine(({ groupsClaim, rolesClaim }) => groupsClaim === undefined || rolesClaim === undefined, {
    error: 'expected one of groupsClaim and rolesClaim',
  })
  .meta({ id: 'oidc' })

export type OidcConfig = z.output<typeof oidcSchema>
