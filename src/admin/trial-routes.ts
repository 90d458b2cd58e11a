/** Profiles tried out: one message on its way through a profile or a draft, and a draft with its samples. Nothing is stored or sent. */
import { z } from 'zod'
import type { DestinationConfig } from '../config/config.ts'
import { type Checked, checkDocument, type Fault } from '../document.ts'
import type { Profile } from '../profiles/profile.ts'
import { sampleSchema } from '../profiles/sample.ts'
import type { DraftJob, DraftTested } from '../trace/draft.ts'
import type { ShownTrial } from '../trace/shown-trial.ts'
import type { Api } from './api.ts'
import { getActor, requireRole, type SourcesOf } from './guard.ts'
import { entitySchema, timeSchema } from './lane-answers.ts'
import { faultSchema, leftOutSchema, readingsSchema } from './message-answers.ts'
import { createMisfitProblem, createProblem } from './problem.ts'

export interface TrialSources {
  /** As they stand now. */
  findProfile(id: string, tenant: string | undefined): Profile | undefined
  /** The one that requests are shown for: of this id, else of this tenant, else the first one. */
  findDestination(id: string | undefined): DestinationConfig | undefined
  readonly publicUrl: string | undefined
  runDraftJob(job: DraftJob): Promise<Checked<ShownTrial | DraftTested>>
}

const DRAFT_CHARS_MAX = 900_000
const draft = z
  .string()
  .min(1)
  .max(DRAFT_CHARS_MAX)
  .describe('A profile as YAML or JSON; a script stands in it as `source`.')

const trySchema = z
  .strictObject({
    profile: z.string().min(1).optional().describe('The id of a profile in use.'),
    draft: draft.optional(),
    payload: z.unknown().describe('As in samples: exactly one of json, text, hex; fPort beside hex.'),
    topic: z.string().min(1).optional(),
    receivedAt: z.string().optional(),
    tenant: z.string().min(1).optional(),
    device: z
      .strictObject({
        id: z.string().min(1).default('device'),
        name: z.string().optional(),
        placement: z.string().optional(),
        location: z.array(z.number()).optional().describe('Longitude and latitude.'),
        attributes: z.record(z.string(), z.unknown()).default({}),
      })
      .prefault({}),
    destination: z.string().optional().describe('The id of a destination; the first one if absent.'),
  })
  .refine(({ profile, draft: text }) => (profile === undefined) !== (text === undefined), {
    error: 'expected exactly one of profile, draft',
  })

const shownSchema = z
  .object({
    profile: z.string(),
    device: z.object({
      id: z.string(),
      tenant: z.string(),
      profile: z.string(),
      name: z.string().optional(),
      location: z.tuple([z.number(), z.number()]).optional(),
      placement: z.string().optional(),
      attributes: z.record(z.string(), z.unknown()),
    }),
    message: z.object({ topic: z.string(), receivedAt: timeSchema, bytes: z.int() }),
    envelope: z
      .object({
        name: z.string().nullable(),
        hex: z.string(),
        observedAt: timeSchema,
        fPort: z.number().optional(),
        fCnt: z.number().optional(),
        rssi: z.number().optional(),
        snr: z.number().optional(),
      })
      .optional(),
    readings: readingsSchema.optional(),
    entities: z.array(entitySchema).optional(),
    leftOut: leftOutSchema,
    destination: z.object({ id: z.string(), dialect: z.string() }),
    requests: z
      .array(
        z.object({
          method: z.string(),
          url: z.string(),
          headers: z.record(z.string(), z.string()),
          body: z.unknown(),
        }),
      )
      .optional()
      .describe('What would be sent, without what is secret.'),
    fault: faultSchema.optional().describe('Why the message ends there; then there are no steps after it.'),
  })
  .meta({ id: 'trial' })

const testedSchema = z
  .object({
    profile: z.string(),
    passed: z.boolean(),
    samples: z.array(z.object({ sample: z.string(), passed: z.boolean(), difference: z.string() })),
    findings: z.array(
      z.object({
        rule: z.string(),
        severity: z.enum(['error', 'warning']),
        key: z.string(),
        problem: z.string(),
        file: z.string(),
        line: z.int().optional(),
        column: z.int().optional(),
      }),
    ),
  })
  .meta({ id: 'draftTest' })

export function addTrialRoutes(api: Api, sourcesOf: SourcesOf<TrialSources>): void {
  api.post(
    '/api/v1/try',
    {
      ...requireRole('operator'),
      schema: {
        summary: 'One message on its way through a profile or a draft, step by step; sends nothing',
        tags: ['profiles'],
        body: trySchema,
        response: { 200: shownSchema },
      },
    },
    async request => {
      const sources = sourcesOf(request)
      const { profile: id, draft: text, destination: to, ...message } = request.body
      const { tenant: own } = getActor(request)
      const profile = text ?? sources.findProfile(id ?? '', own ?? message.tenant)
      if (profile === undefined)
        throw createProblem('NOT_FOUND', `There is no profile ${JSON.stringify(id)}.`)
      const destination = sources.findDestination(own === undefined ? to : undefined)
      if (destination === undefined)
        throw createProblem('NOT_FOUND', `There is no destination ${JSON.stringify(to)}.`)
      const sample = readSample(message)
      const { publicUrl } = sources
      const done = await sources.runDraftJob({ kind: 'try', profile, sample, destination, publicUrl })
      return toValue(done) as ShownTrial
    },
  )
  api.post(
    '/api/v1/profiles/test',
    {
      ...requireRole('operator'),
      schema: {
        summary: 'A draft with its samples, and against the style of profiles',
        tags: ['profiles'],
        body: z.strictObject({ draft }),
        response: { 200: testedSchema },
      },
    },
    async request => {
      const { draft: text } = request.body
      return toValue(await sourcesOf(request).runDraftJob({ kind: 'test', draft: text })) as DraftTested
    },
  )
}

function readSample(message: object) {
  const checked = checkDocument(
    sampleSchema,
    { receivedAt: new Date().toISOString(), ...message, name: 'try', entities: [] },
    'body',
  )
  if (checked.faults === undefined) return checked.value
  throw createMisfitProblem(
    'body',
    checked.faults.map(({ key, problem }) => ({ path: key.split('.'), problem })),
  )
}

/** What is wrong in a draft is told with its line, since it is one text in the body. */
function toValue<T>(done: Checked<T>): T {
  if (done.faults === undefined) return done.value
  throw createMisfitProblem(
    'body',
    done.faults.map(fault => ({ path: ['draft'], problem: showFault(fault) })),
  )
}

function showFault({ key, problem, line, column }: Fault): string {
  const place = line === undefined ? '' : ` (line ${line}, column ${column})`
  return `${key === '' ? '' : `${key}: `}${problem}${place}`
}
