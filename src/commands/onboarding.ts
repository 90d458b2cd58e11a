/** `tromost onboarding …`: devices that nobody knows, and what becomes of them. */
import { z } from 'zod'
import { type AgentAddress, askAgent } from './agent-client.ts'
import { FAULTS_FOUND } from './report-error.ts'

interface OnboardingOptions extends AgentAddress {
  readonly tenant: string
  readonly json: boolean
}

export interface AcceptOptions extends OnboardingOptions {
  readonly profile?: string
  readonly name?: string
  readonly location?: readonly number[]
  readonly placement?: string
  readonly dryRun: boolean
}

const looksSchema = z.object({
  hex: z.string(),
  text: z.string().optional(),
  envelope: z
    .object({
      name: z.string(),
      hex: z.string(),
      fPort: z.int().optional(),
      deviceType: z.string().optional(),
    })
    .optional(),
})
const listSchema = z.object({
  devices: z.array(
    z.looseObject({
      id: z.string(),
      topics: z.array(z.string()),
      messages: z.int(),
      lastSeen: z.string(),
      isProvisioned: z.boolean(),
      looks: looksSchema.optional(),
      profiles: z.array(z.looseObject({ id: z.string(), decoded: z.int(), tried: z.int() })),
    }),
  ),
  total: z.int(),
  unnamed: z.object({ messages: z.int(), topics: z.array(z.string()) }),
  moreMessages: z.int(),
  next: z.string().optional(),
})
const ignoredSchema = z.object({
  devices: z.array(z.object({ id: z.string(), since: z.string(), by: z.string(), messages: z.int() })),
})
const countsSchema = z.record(z.string(), z.int())
const acceptedSchema = z.object({
  dryRun: z.boolean(),
  id: z.string(),
  revision: z.int(),
  delivery: z.object({ finished: z.boolean(), outcomes: countsSchema, refusals: countsSchema }),
})
const rejectedSchema = z.object({ dryRun: z.boolean(), messages: z.int(), ignored: z.boolean() })

type Listed = z.output<typeof listSchema>
const PROFILES_SHOWN = 3

export async function runOnboardingList(
  options: OnboardingOptions & { readonly limit: number; readonly ignored: boolean },
): Promise<void> {
  const { tenant, limit, ignored, json } = options
  if (ignored) return listIgnored(options)
  const query = { tenant, limit: String(limit) }
  const page = await askAgent(options, { method: 'get', path: 'onboarding', query, schema: listSchema })
  if (page === undefined) return
  if (json) console.log(JSON.stringify(page))
  else printPage(page)
}

export async function runOnboardingAccept(device: string, options: AcceptOptions): Promise<void> {
  const { tenant, json, dryRun, profile, name, location, placement } = options
  const value = {
    ...(profile !== undefined && { profile }),
    ...(name !== undefined && { name }),
    ...(location !== undefined && { location }),
    ...(placement !== undefined && { placement }),
  }
  const accepted = await askAgent(options, {
    ...{ method: 'post', path: toPath(tenant, device, 'accept'), query: { dryRun: String(dryRun) } },
    ...(Object.keys(value).length > 0 && { body: value }),
    schema: acceptedSchema,
  })
  if (accepted === undefined) return
  if (Object.keys(accepted.delivery.refusals).length > 0) process.exitCode = FAULTS_FOUND
  if (json) console.log(JSON.stringify(accepted))
  else printAccepted(accepted)
}

export async function runOnboardingReject(
  device: string,
  options: OnboardingOptions & { readonly ignore: boolean; readonly dryRun: boolean },
): Promise<void> {
  const { tenant, json, ignore, dryRun } = options
  const rejected = await askAgent(options, {
    ...{ method: 'post', path: toPath(tenant, device, 'reject'), query: { dryRun: String(dryRun) } },
    body: { ignore },
    schema: rejectedSchema,
  })
  if (rejected === undefined) return
  if (json) console.log(JSON.stringify(rejected))
  else console.log(`${rejected.messages} messages ${dryRun ? 'would be ' : ''}discarded`)
}

export async function runOnboardingHeed(device: string, options: OnboardingOptions): Promise<void> {
  const path = toPath(options.tenant, device, 'heed')
  const heeded = await askAgent(options, { method: 'post', path, schema: z.object({ id: z.string() }) })
  if (heeded === undefined) return
  console.log(options.json ? JSON.stringify(heeded) : `${device} is not ignored any more`)
}

async function listIgnored(options: OnboardingOptions): Promise<void> {
  const request = { method: 'get', path: 'onboarding/ignored', query: { tenant: options.tenant } } as const
  const list = await askAgent(options, { ...request, schema: ignoredSchema })
  if (list === undefined) return
  if (options.json) console.log(JSON.stringify(list))
  else if (list.devices.length === 0) console.log('no device is ignored')
  else
    for (const { id, since, by, messages } of list.devices)
      console.log(`${id}  since ${since}  by ${by}  ${messages} messages discarded`)
}

function toPath(tenant: string, device: string, verb: string): string {
  return `onboarding/${encodeURIComponent(tenant)}/${encodeURIComponent(device)}/${verb}`
}

function printPage({ devices, total, unnamed, moreMessages, next }: Listed): void {
  for (const { id, messages, lastSeen, topics, isProvisioned, looks, profiles } of devices) {
    const known = isProvisioned ? '  provisioned by now' : ''
    console.log(`${id}  ${messages} messages, last ${lastSeen}  ${topics.join(' ')}${known}`)
    if (looks !== undefined) console.log(`  ${describeLooks(looks)}`)
    const offered = profiles.slice(0, PROFILES_SHOWN).map(profile => profile.id)
    console.log(offered.length === 0 ? '  no profile understands it' : `  maybe ${offered.join(', ')}`)
  }
  if (total === 0) console.log('no device is unknown')
  if (unnamed.messages > 0)
    console.log(`${unnamed.messages} messages name no device: ${unnamed.topics.join(' ')}`)
  if (moreMessages > 0) console.log(`${moreMessages} messages more, of devices that are not listed yet`)
  if (next !== undefined) console.log(`${total} devices in all: --limit shows more of them`)
}

function describeLooks({ hex, text, envelope }: z.output<typeof looksSchema>): string {
  if (envelope === undefined) return text ?? hex
  const { name, fPort, deviceType } = envelope
  const port = fPort === undefined ? '' : `, fPort ${fPort}`
  return `${name}${port}: ${envelope.hex}${deviceType === undefined ? '' : ` (${deviceType})`}`
}

function printAccepted({ dryRun, id, delivery }: z.output<typeof acceptedSchema>): void {
  if (dryRun) {
    console.log(`${id} can be accepted`)
    return
  }
  const { finished, outcomes, refusals } = delivery
  const { quarantined: _quarantined, ...others } = outcomes
  const gone = Object.entries(others).map(([outcome, count]) => `${count} ${outcome}`)
  const stay = Object.entries(refusals).map(([code, count]) => `${count} stay in quarantine: ${code}`)
  const rest = finished ? [] : ['the rest goes on in the agent']
  console.log([`${id} is a device now`, ...gone, ...stay, ...rest].join(', '))
}
