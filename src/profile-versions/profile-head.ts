/** What changes of a profile in the store: which versions there are, and which one is in use. The versions themselves never change. */
import { z } from 'zod'

const version = z.int().min(1)

/** Those that were active before, oldest first: so many are remembered. */
const EARLIER_MAX = 20
const SHADOW_DEVICES_MAX = 1_000

const shadowSchema = z.strictObject({
  version,
  /** Milliseconds since the epoch. */
  since: z.int(),
  devices: z
    .array(z.strictObject({ tenant: z.string(), id: z.string() }))
    .min(1)
    .max(SHADOW_DEVICES_MAX)
    .optional(),
})

export const profileHeadSchema = z.strictObject({
  id: z.string(),
  tenant: z.string().optional(),
  /** Versions are numbered from 1 to this one. */
  latest: version,
  active: version.optional(),
  earlier: z.array(version).max(EARLIER_MAX).default([]),
  shadow: shadowSchema.optional(),
})

export type ProfileHead = z.output<typeof profileHeadSchema>

/** The head with another version active. A shadow run compares with the active version: with another one it has come to its end. */
export function toActivated(head: ProfileHead, next: number): ProfileHead {
  const { active, shadow: _ended, ...others } = head
  if (active === next) return head
  const earlier = [...head.earlier, ...(active === undefined ? [] : [active])].slice(-EARLIER_MAX)
  return { ...others, active: next, earlier }
}

/** The head as it was before the last activation, or with an earlier version that is named. */
export function toRolledBack(head: ProfileHead, next: number): ProfileHead {
  const { shadow: _ended, ...others } = head
  return { ...others, active: next, earlier: head.earlier.slice(0, head.earlier.lastIndexOf(next)) }
}
