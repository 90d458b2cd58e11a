/** Devices that nobody knows: who they are, and what becomes of them. */
import { z } from 'zod'
import type { Onboarding } from '../onboarding/onboarding.ts'
import type { UnknownDevice } from '../onboarding/unknown-devices.ts'
import type { Api } from './api.ts'
import { createUnknownTenant } from './device-file-routes.ts'
import { dryRunQuery } from './dry-run.ts'
import { getActor, requireRole, type SourcesOf } from './guard.ts'
import { timeSchema } from './lane-answers.ts'
import { type Cursors, nextSchema, pageQuery } from './paging.ts'
import { createProblem } from './problem.ts'
import { createRefusedProblem } from './refused-change.ts'

export interface OnboardingSources {
  readonly onboarding: Pick<Onboarding, 'list' | 'listIgnored' | 'accept' | 'reject' | 'heed'>
  readonly hasTenant: (tenant: string) => boolean
}

const LIST = '/api/v1/onboarding'
const DEVICE = `${LIST}/:tenant/:device`
/** Each device of a page has its messages tried with every profile. */
const LIMIT_MAX = 100
const tags = ['onboarding']

const count = z.int().min(0)
const countsSchema = z.record(z.string(), count)
const params = z.object({ tenant: z.string(), device: z.string() })

const profileSchema = z.object({
  id: z.string(),
  decoded: count.describe('How many of the messages that were tried it decodes and makes entities of.'),
  tried: count,
  values: count.describe('Values that it finds in all of them.'),
  attributes: count.describe('Attributes that entities get of them.'),
  outOfRange: count.describe('Values that are left out, since they cannot be.'),
  types: z.array(z.string()).describe('Types of the entities.'),
  isNamed: z.boolean().describe('The network server calls the device by vendor and model of this profile.'),
})

const looksSchema = z
  .object({
    topic: z.string(),
    receivedAt: timeSchema,
    bytes: count,
    hex: z.string().describe('The first bytes.'),
    text: z.string().optional().describe('The first characters, where all can be printed.'),
    envelope: z
      .object({
        name: z.string(),
        hex: z.string().describe("The first bytes of the device's own frame."),
        bytes: count,
        fPort: count.optional(),
        deviceType: z.string().optional().describe('What the network server calls this kind of device.'),
      })
      .optional(),
  })
  .describe('The newest message.')

const deviceSchema = z
  .object({
    id: z.string().describe('As its topics name it.'),
    topics: z.array(z.string()).describe('The first few.'),
    messages: count.describe('Held messages.'),
    firstSeen: timeSchema,
    lastSeen: timeSchema,
    isProvisioned: z.boolean().describe('It is provisioned by now; what is held came before.'),
    looks: looksSchema.optional(),
    profiles: z.array(profileSchema).describe('Those that understand its last messages, best first.'),
  })
  .meta({ id: 'unknownDevice' })

const pageSchema = z.object({
  devices: z.array(deviceSchema).describe('Whoever spoke last comes first.'),
  total: count,
  unnamed: z
    .object({ messages: count, topics: z.array(z.string()) })
    .describe('Messages on topics that name no device: they need a route of the tenant.'),
  moreMessages: count.describe('Messages of devices beyond the ten thousand that are listed.'),
  next: nextSchema,
})

const ignoredSchema = z.object({
  devices: z.array(
    z.object({
      id: z.string(),
      since: timeSchema,
      by: z.string(),
      messages: count.describe('Messages that were discarded since.'),
    }),
  ),
})

const deliverySchema = z
  .object({
    finished: z.boolean().describe('false: it goes on by itself.'),
    outcomes: countsSchema.describe('Messages by what became of them, of all destinations together.'),
    refusals: countsSchema.describe('Those that stay in quarantine, by error code.'),
  })
  .describe('What became of the held messages so far.')

const acceptedSchema = z
  .object({ dryRun: z.boolean(), id: z.string(), revision: count, delivery: deliverySchema })
  .meta({ id: 'acceptedDevice' })

const rejectedSchema = z.object({
  dryRun: z.boolean(),
  messages: count.describe('Held messages that were discarded, or would be.'),
  ignored: z.boolean(),
})

type Of = SourcesOf<OnboardingSources>

export function addOnboardingRoutes(api: Api, sourcesOf: Of, cursors: Cursors): void {
  addLists(api, sourcesOf, cursors)
  addAccept(api, sourcesOf)
  addReject(api, sourcesOf)
}

function addLists(api: Api, sourcesOf: Of, cursors: Cursors): void {
  const limit = pageQuery.limit.unwrap().max(LIMIT_MAX).default(20)
  api.get(
    LIST,
    {
      schema: {
        ...{ summary: 'Devices that nobody knows, and what they look like', tags },
        querystring: z.strictObject({ ...pageQuery, limit, tenant: z.string() }),
        response: { 200: pageSchema },
      },
    },
    async request => {
      const { onboarding, hasTenant } = sourcesOf(request)
      const { query } = request
      if (!hasTenant(query.tenant)) throw createUnknownTenant(query.tenant)
      const after = cursors.read(LIST, query, z.object({ lastSeen: z.number(), id: z.string() }))
      const { devices, next, ...page } = await onboarding.list(query.tenant, { after, limit: query.limit })
      const cursor = next && cursors.make(LIST, query, next)
      return { ...page, devices: devices.map(toDevice), ...(cursor !== undefined && { next: cursor }) }
    },
  )

  api.get(
    `${LIST}/ignored`,
    {
      schema: {
        ...{ summary: 'Devices whose messages are discarded', tags },
        querystring: z.strictObject({ tenant: z.string() }),
        response: { 200: ignoredSchema },
      },
    },
    async request => {
      const { onboarding, hasTenant } = sourcesOf(request)
      const { tenant } = request.query
      if (!hasTenant(tenant)) throw createUnknownTenant(tenant)
      const ignored = onboarding.listIgnored(tenant)
      return { devices: ignored.map(device => ({ ...device, since: toTime(device.since) })) }
    },
  )
}

function addAccept(api: Api, sourcesOf: Of): void {
  api.post(
    `${DEVICE}/accept`,
    {
      ...requireRole('operator'),
      schema: {
        ...{ summary: 'Make it a device, and send what was held of it', tags, params },
        querystring: dryRunQuery,
        body: z
          .record(z.string(), z.unknown())
          .nullish()
          .describe(
            'A device as in the provisioning file, but for tenant and id; none where it is one by now.',
          ),
        response: { 200: acceptedSchema },
      },
    },
    async request => {
      const { onboarding, hasTenant } = sourcesOf(request)
      const { params: of, query, body } = request
      if (!hasTenant(of.tenant)) throw createUnknownTenant(of.tenant)
      const order = { ...of, value: body ?? undefined, actor: getActor(request), ...query }
      const answer = await onboarding.accept(order)
      if (answer.refusals !== undefined) throw createRefusedProblem(answer.refusals)
      const { device, delivery } = answer
      return { ...query, id: of.device, revision: device?.revision ?? 0, delivery }
    },
  )
}

function addReject(api: Api, sourcesOf: Of): void {
  api.post(
    `${DEVICE}/reject`,
    {
      ...requireRole('operator'),
      schema: {
        ...{ summary: 'Throw away what is held of it', tags, params },
        querystring: dryRunQuery,
        body: z
          .strictObject({ ignore: z.boolean().default(false).describe('Also what it will send.') })
          .nullish(),
        response: { 200: rejectedSchema },
      },
    },
    async request => {
      const { onboarding, hasTenant } = sourcesOf(request)
      const { params: of, query, body } = request
      if (!hasTenant(of.tenant)) throw createUnknownTenant(of.tenant)
      const ignore = body?.ignore ?? false
      const order = { ignore, actor: getActor(request), ...query }
      const messages = await onboarding.reject(of.tenant, of.device, order)
      if (messages === undefined)
        throw createProblem('IN_USE', 'expected fewer than 10000 ignored devices: heed some of them first')
      return { ...query, messages, ignored: ignore }
    },
  )

  api.post(
    `${DEVICE}/heed`,
    {
      ...requireRole('operator'),
      schema: {
        ...{ summary: 'Ignore it no longer', tags, params },
        body: z.strictObject({}).nullish(),
        response: { 200: z.object({ id: z.string() }) },
      },
    },
    async request => {
      const { onboarding, hasTenant } = sourcesOf(request)
      const { tenant, device: id } = request.params
      if (!hasTenant(tenant)) throw createUnknownTenant(tenant)
      if (await onboarding.heed(tenant, id, getActor(request))) return { id }
      throw createProblem('NOT_FOUND', `There is no ignored device ${JSON.stringify(id)}.`)
    },
  )
}

function toDevice({ looks, ...device }: UnknownDevice) {
  return {
    ...device,
    firstSeen: toTime(device.firstSeen),
    lastSeen: toTime(device.lastSeen),
    ...(looks !== undefined && { looks: { ...looks, receivedAt: toTime(looks.receivedAt) } }),
  }
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
