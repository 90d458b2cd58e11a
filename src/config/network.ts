/** An address or a network, such as those whose word is believed. */
import { z } from 'zod'

const KINDS = [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]

/** Not a union: of that the first kind tells what is wrong. */
export const network = z.string().refine(text => KINDS.some(kind => kind.safeParse(text).success), {
  error: 'expected an address or a network, such as 10.0.0.7 or 10.0.0.0/24',
})
