/** `tromost profile list`, `push`, `activate` and `rollback`: the profiles of a running agent and their versions. */
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { formatFault } from '../document.ts'
import { loadEachProfile } from '../profiles/load.ts'
import { type AgentAddress, askAgent } from './agent-client.ts'
import { FAULTS_FOUND } from './report-error.ts'

export interface PlaceOptions extends AgentAddress {
  readonly tenant?: string
  readonly json: boolean
}

export interface ChangeOptions extends PlaceOptions {
  readonly dryRun: boolean
}

const pageSchema = z.object({
  profiles: z.array(
    z.looseObject({
      id: z.string(),
      tenant: z.string().optional(),
      source: z.string(),
      active: z.number().optional(),
      latest: z.number().optional(),
      devices: z.number(),
      model: z.string().optional(),
      vendor: z.string().optional(),
    }),
  ),
  next: z.string().optional(),
})
const activatedSchema = z.looseObject({
  id: z.string(),
  version: z.number(),
  dryRun: z.boolean(),
  warnings: z.array(z.string()),
})
const savedSchema = activatedSchema.extend({
  isNew: z.boolean(),
  isActive: z.boolean(),
  test: z.looseObject({
    samples: z.array(z.object({ sample: z.string(), passed: z.boolean(), difference: z.string() })),
  }),
})

/** All pages. */
export async function runProfileList(options: PlaceOptions & { readonly search?: string }): Promise<void> {
  const { search } = options
  const query = { ...toQuery(options), limit: '1000', ...(search !== undefined && { search }) }
  const profiles: z.output<typeof pageSchema>['profiles'] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const asked: Record<string, string> = cursor === '' ? query : { ...query, cursor }
    const page: z.output<typeof pageSchema> | undefined = await askAgent(options, {
      ...{ method: 'get', path: 'profiles', query: asked, schema: pageSchema },
    })
    if (page === undefined) return
    profiles.push(...page.profiles)
    cursor = page.next
  }
  if (options.json) console.log(JSON.stringify({ profiles }))
  else profiles.forEach(printProfile)
}

export async function runProfilePush(
  file: string,
  { activate, note, ...options }: ChangeOptions & { readonly activate: boolean; readonly note?: string },
): Promise<void> {
  const text = readProfile(file)
  if (text === undefined) return
  const body = { yaml: text.yaml, activate, ...(note !== undefined && { note }) }
  const query = { ...toQuery(options), dryRun: String(options.dryRun) }
  const [known] = await findProfile(text.id, options)
  if (process.exitCode !== undefined) return
  const isKnown = known !== undefined && known.source === 'api'
  const { tenant: owner, ...place } = query as Record<string, string>
  const saved = await askAgent(
    options,
    isKnown
      ? { method: 'post', path: `profiles/${text.id}/versions`, query, body, schema: savedSchema }
      : {
          ...{ method: 'post', path: 'profiles', query: place, schema: savedSchema },
          body: { ...body, ...(owner !== undefined && { tenant: owner }) },
        },
  )
  if (saved === undefined) return
  if (options.json) console.log(JSON.stringify(saved))
  else printSaved(saved)
}

export async function runProfileActivate(id: string, version: number, options: ChangeOptions): Promise<void> {
  await activate(`profiles/${encodeURIComponent(id)}/versions/${version}/activate`, undefined, options)
}

export async function runProfileRollback(
  id: string,
  version: number | undefined,
  options: ChangeOptions,
): Promise<void> {
  const body = version === undefined ? undefined : { version }
  await activate(`profiles/${encodeURIComponent(id)}/rollback`, body, options)
}

async function activate(path: string, body: unknown, options: ChangeOptions): Promise<void> {
  const query = { ...toQuery(options), dryRun: String(options.dryRun) }
  const answer = await askAgent(options, { method: 'post', path, query, body, schema: activatedSchema })
  if (answer === undefined) return
  if (options.json) console.log(JSON.stringify(answer))
  else printActive(answer)
}

export function toQuery({ tenant }: PlaceOptions): Readonly<Record<string, string>> {
  return tenant === undefined ? {} : { tenant }
}

/** Of this very id. */
async function findProfile(id: string, options: PlaceOptions) {
  const query = { ...toQuery(options), search: id, limit: '1000' }
  const page = await askAgent(options, { method: 'get', path: 'profiles', query, schema: pageSchema })
  return (page?.profiles ?? []).filter(
    one => one.id === id && (one.tenant ?? options.tenant) === options.tenant,
  )
}

/** The text of a script takes the place of the name of its file: there are no files in the store. */
function readProfile(file: string): { readonly id: string; readonly yaml: string } | undefined {
  const { profiles, faults } = loadEachProfile([file])
  const [loaded] = profiles
  if (loaded === undefined || faults.length > 0 || profiles.length > 1) {
    process.exitCode = FAULTS_FOUND
    for (const fault of faults) console.error(formatFault(fault))
    if (faults.length === 0) console.error(`${file}: expected one profile, got ${profiles.length}`)
    return undefined
  }
  const { id, decode } = loaded.profile
  const yaml = readFileSync(file, 'utf8')
  const raw = loaded.raw as { readonly decode?: { readonly script?: { readonly file?: string } } }
  if (raw.decode?.script?.file === undefined) return { id, yaml }
  const document = parseDocument(yaml)
  document.deleteIn(['decode', 'script', 'file'])
  document.setIn(['decode', 'script', 'source'], decode.script?.source)
  return { id, yaml: document.toString() }
}

function printProfile({
  id,
  tenant,
  source,
  active,
  latest,
  devices,
  vendor = '',
  model = '',
}: z.output<typeof pageSchema>['profiles'][number]): void {
  const versions = latest === undefined ? source : `version ${active ?? 'none'} of ${latest}`
  const whose = tenant === undefined ? '' : `  of ${tenant}`
  console.log(
    `${id}  ${versions}  ${devices} ${devices === 1 ? 'device' : 'devices'}${whose}  ${vendor} ${model}`,
  )
}

function printSaved(saved: z.output<typeof savedSchema>): void {
  const { id, version, isNew, isActive, dryRun, test } = saved
  for (const { sample, passed, difference } of test.samples)
    console.log(`${passed ? 'ok  ' : 'FAIL'}  ${sample}${passed ? '' : `: ${difference}`}`)
  const would = dryRun ? 'would be ' : ''
  console.log(
    isNew ? `${id}: ${would}saved as version ${version}` : `${id}: version ${version} is the very same`,
  )
  if (isActive) printActive(saved)
}

function printActive({ id, version, dryRun, warnings }: z.output<typeof activatedSchema>): void {
  for (const warning of warnings) console.log(`warning: ${warning}`)
  console.log(`${id}: version ${version} ${dryRun ? 'would be' : 'is'} active`)
}
