/** How things that are provisioned are answered, and why a change was refused. */
import { z } from 'zod'
import { destinationSchema } from '../config/destination.ts'
import type { Fault } from '../document.ts'
import { showPlace } from '../provisioning/entry.ts'
import type { Changed, Place, Provisioned, Refusal } from '../provisioning/provisioning.ts'
import { timeSchema } from './lane-answers.ts'
import { asWritten } from './openapi.ts'
import { createProblem, type ProblemError, toPointer } from './problem.ts'
import type { ProblemCode } from './problem-codes.ts'

const CODES: Readonly<Record<Refusal['code'], ProblemCode>> = {
  INVALID: 'REQUEST_INVALID',
  NOT_FOUND: 'NOT_FOUND',
  EXISTS: 'EXISTS',
  CHANGED: 'CHANGED',
  FROM_FILE: 'FROM_FILE',
  IN_USE: 'IN_USE',
}

/** `schema` is the name of that of files. */
export function createItemSchema(schema: z.ZodType) {
  return z.object({
    tenant: z.string().optional(),
    id: z.string(),
    source: z.enum(['file', 'api']).describe('What came from a file is changed there only.'),
    revision: z.int().describe('Rises with each change.'),
    updatedAt: timeSchema,
    value: getValueSchema(schema).describe('As a file would have it, without what is secret.'),
    login: z
      .object({
        changedAt: timeSchema,
        oldUntil: timeSchema.optional().describe('Until then the password before is taken as well.'),
      })
      .optional()
      .describe('Since when it has its password; absent where it has none.'),
    psk: z
      .object({
        identity: z.string(),
        changedAt: timeSchema,
        oldUntil: timeSchema.optional().describe('Until then the key before is taken as well.'),
      })
      .optional()
      .describe('Since when it has its key for TLS-PSK, and under which identity; absent where it has none.'),
  })
}

/** Without its secrets, a destination is not what a file would have to say. */
function getValueSchema(schema: z.ZodType): z.ZodType<unknown> {
  return schema === destinationSchema
    ? z.looseObject({ id: z.string(), dialect: z.string(), url: z.string().optional() })
    : asWritten(schema)
}

export function createChangedSchema(schema: z.ZodType) {
  return createItemSchema(schema).extend({
    dryRun: z.boolean(),
    warnings: z.array(z.string()),
    password: z.string().optional().describe('A password of ours: shown here, and never again.'),
    pskKey: z
      .string()
      .optional()
      .describe('A key of ours for TLS-PSK, in hexadecimal: shown here, and never again.'),
  })
}

export const removedSchema = z.object({ dryRun: z.boolean(), warnings: z.array(z.string()) })

export function toItem({ tenant, id, source, revision, updatedAt, value, login, psk }: Provisioned) {
  return {
    ...(tenant !== undefined && { tenant }),
    ...{ id, source, revision, updatedAt: toTime(updatedAt), value },
    ...(login !== undefined && { login: toTimes(login) }),
    ...(psk !== undefined && { psk: { identity: psk.identity, ...toTimes(psk) } }),
  }
}

function toTimes({ changedAt, oldUntil }: NonNullable<Provisioned['login']>) {
  return { changedAt: toTime(changedAt), ...(oldUntil !== undefined && { oldUntil: toTime(oldUntil) }) }
}

/** One change of one thing, which is there afterwards. */
export function toChanged({ changes, warnings, secrets }: Changed, dryRun: boolean) {
  const after = changes[0]?.after
  if (after === undefined) throw new Error('expected something to be there after a change')
  const { password, psk } = secrets[0] ?? {}
  return {
    ...{ ...toItem(after), dryRun, warnings },
    ...(password !== undefined && { password }),
    ...(psk !== undefined && { pskKey: psk.key }),
  }
}

export function createRefusalProblem(refusals: readonly Refusal[]): ProblemError {
  const [{ code } = { code: 'INVALID' as const }] = refusals
  const faults = refusals.flatMap(({ faults: found, place }) => found.map(fault => ({ fault, place })))
  const detail = faults.map(({ fault, place }) => showFault(fault, place)).join('; ')
  if (code !== 'INVALID') return createProblem(CODES[code], detail)
  const isUnknown = faults.every(({ fault }) => fault.problem === 'this key is not known')
  const errors = faults.map(({ fault: { key, problem } }) => ({
    in: 'body' as const,
    pointer: toPointer(key === '' ? [] : key.split('.')),
    detail: problem,
  }))
  return createProblem(isUnknown ? 'UNKNOWN_KEY' : CODES[code], detail, errors)
}

function showFault({ key, problem }: Fault, place: Place): string {
  return `${showPlace(place)}: ${key === '' ? '' : `${key}: `}${problem}`
}

function toTime(ms: number): string {
  return new Date(ms).toISOString()
}
