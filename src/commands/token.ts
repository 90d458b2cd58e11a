/** `tromost token …`: the tokens of a running agent. */
import { z } from 'zod'
import { ROLES } from '../access/role.ts'
import { type AgentAddress, askAgent } from './agent-client.ts'

interface Options extends AgentAddress {
  readonly json: boolean
}

const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  tenant: z.string().optional(),
  createdAt: z.string(),
  createdBy: z.string(),
  rotatedAt: z.string().optional(),
  expiresAt: z.string().optional(),
  lastUsedAt: z.string().optional(),
  previousUntil: z.string().optional(),
})
const listSchema = z.object({ tokens: z.array(tokenSchema) })
const shownSchema = tokenSchema.extend({ token: z.string() })

export async function runTokenList({ json, ...address }: Options): Promise<void> {
  const list = await askAgent(address, { method: 'get', path: 'tokens', schema: listSchema })
  if (list === undefined) return
  if (json) console.log(JSON.stringify(list))
  else for (const token of list.tokens) console.log(describe(token))
}

export async function runTokenCreate(
  name: string,
  {
    role,
    tenant,
    expiresIn,
    json,
    ...address
  }: Options & { readonly role: string; readonly tenant?: string; readonly expiresIn?: string },
): Promise<void> {
  const body = { name, role, ...(tenant && { tenant }), ...(expiresIn && { expiresIn }) }
  const shown = await askAgent(address, { method: 'post', path: 'tokens', body, schema: shownSchema })
  if (shown !== undefined) printShown(shown, json)
}

export async function runTokenRotate(
  id: string,
  { grace, json, ...address }: Options & { readonly grace: string },
): Promise<void> {
  const path = `tokens/${encodeURIComponent(id)}/rotate`
  const shown = await askAgent(address, { method: 'post', path, body: { grace }, schema: shownSchema })
  if (shown !== undefined) printShown(shown, json)
}

export async function runTokenRevoke(id: string, { json, ...address }: Options): Promise<void> {
  const path = `tokens/${encodeURIComponent(id)}`
  // Answered with nothing but the status.
  const schema = z.literal('').transform(() => ({ id, revoked: true }))
  const revoked = await askAgent(address, { method: 'delete', path, schema })
  if (revoked !== undefined) console.log(json ? JSON.stringify(revoked) : `${id} is revoked`)
}

/** The token alone on standard output, so that a script can take it. */
function printShown(shown: z.output<typeof shownSchema>, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(shown))
    return
  }
  console.error(describe(shown))
  console.error('the token, shown this once:')
  console.log(shown.token)
}

function describe({ id, name, role, tenant, ...times }: z.output<typeof tokenSchema>): string {
  const { expiresAt, lastUsedAt, previousUntil } = times
  const facts = [
    `${role} of ${tenant ?? 'the whole agent'}`,
    expiresAt !== undefined && `expires ${expiresAt}`,
    previousUntil !== undefined && `the one before is taken until ${previousUntil}`,
    lastUsedAt === undefined ? 'never used' : `used ${lastUsedAt}`,
  ]
  return `${id}  ${name}  ${facts.filter(Boolean).join(', ')}`
}
