/** Where the agent may connect to, as it is configured. */
import { z } from 'zod'
import { INNER_NETWORKS } from '../egress/address-classes.ts'

/** Names as they are looked up; none that is a number in disguise, such as 0x7f.1 or 2130706433. */
const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z_](?:[a-z0-9_-]*[a-z0-9_])?$/i
const EXPECTATION = 'expected an address, a network such as 10.0.0.0/24, a name, or *. and a name'

const entry = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6(), z.string().max(253).regex(NAME)], {
  error: EXPECTATION,
})

export const egressSchema = z.strictObject({
  allow: z
    .array(entry)
    .default([...INNER_NETWORKS])
    .describe(
      'This machine and private networks are closed to what the admin API names, unless this file names the same host and port, or it stands here. By default all of them do, since that is where the brokers of a city are; [] closes them.',
    ),
  deny: z
    .array(z.union([z.literal('*'), entry], { error: `${EXPECTATION}, or * for all that is not allowed` }))
    .default([])
    .describe(
      'Closed whoever names it, also where it is allowed; * is all that is neither allowed nor named in this file.',
    ),
})
