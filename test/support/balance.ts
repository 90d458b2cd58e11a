/** The balance of one lane: every message that was received is in exactly one of the other terms. */

const TERMS = [
  'delivered',
  'quarantined',
  'discarded',
  'expired',
  'skipped',
  'duplicates',
  'waiting',
] as const

export type Balance = Readonly<Record<'received' | (typeof TERMS)[number], number>>

/** Picks the row of one tenant and destination out of the answer of the agent, and holds it to the equation. */
export function checkBalance(body: unknown, tenant: string, destination: string): Balance {
  const { tenants } = body as { tenants: readonly Readonly<Record<string, unknown>>[] }
  const row = tenants.find(
    candidate => candidate['tenant'] === tenant && candidate['destination'] === destination,
  )
  if (row === undefined) throw new Error(`expected ${tenant}/${destination}, got ${JSON.stringify(body)}`)
  const numbers = (['received', ...TERMS] as const).map(term => [term, row[term]])
  if (!numbers.every(([, count]) => Number.isSafeInteger(count))) {
    throw new Error(`expected whole numbers, got ${JSON.stringify(row)}`)
  }
  const balance: Balance = Object.fromEntries(numbers)
  const sum = TERMS.reduce((total, term) => total + balance[term], 0)
  if (sum !== balance.received) {
    throw new Error(`expected received to be the sum of the others, got ${JSON.stringify(row)}`)
  }
  if (row['holds'] !== true) throw new Error(`expected the balance to hold, got ${JSON.stringify(row)}`)
  return balance
}
