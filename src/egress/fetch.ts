/** A small fetch for what is asked rarely: through the guard of what goes out, without redirects, and bounded in size and time. */
import { Agent, request } from 'undici'
import type { Egress } from './egress.ts'

interface FetchOptions {
  readonly headers: Headers
  readonly signal: AbortSignal
}

export type Fetch = (address: string, options: FetchOptions) => Promise<Response>

const ANSWER_BYTES_MAX = 256 * 1024

/** GET. A redirect is an answer like any other. Rejects where the address is closed, or the answer is larger than 256 KiB. */
export function createFetch(egress: Egress): Fetch {
  return async (address, { headers, signal }) => {
    const lookup = egress.open(address)
    const agent = new Agent({ connect: { lookup }, maxResponseSize: ANSWER_BYTES_MAX })
    try {
      const answer = await request(address, {
        ...{ dispatcher: agent, signal },
        headers: Object.fromEntries(headers),
      })
      return new Response(await answer.body.text(), { status: answer.statusCode })
    } finally {
      await agent.destroy()
    }
  }
}
