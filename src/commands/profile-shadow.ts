/** `tromost profile shadow`: what a version would do otherwise than the active one. */
import { z } from 'zod'
import { askAgent } from './agent-client.ts'
import { type PlaceOptions, toQuery } from './profile-store.ts'

export interface ShadowOptions extends PlaceOptions {
  readonly start: boolean
  readonly stop: boolean
  readonly device?: readonly string[]
}

const doneSchema = z.looseObject({ dryRun: z.boolean() })
const reportSchema = z.looseObject({
  active: z.number(),
  shadow: z.number(),
  since: z.string(),
  messages: z.number(),
  same: z.number(),
  skipped: z.number(),
  others: z.number(),
  differences: z.array(
    z.looseObject({
      kind: z.string(),
      type: z.string().optional(),
      attribute: z.string().optional(),
      count: z.number(),
      examples: z.array(
        z.looseObject({ device: z.string(), active: z.unknown().optional(), shadow: z.unknown().optional() }),
      ),
    }),
  ),
})

export async function runProfileShadow(id: string, version: number, options: ShadowOptions): Promise<void> {
  const path = `profiles/${encodeURIComponent(id)}/versions/${version}/shadow`
  const query = toQuery(options)
  if (options.start || options.stop) {
    const body = options.start ? toBody(options) : undefined
    const method = options.start ? 'post' : 'delete'
    const done = await askAgent(options, { method, path, query, body, schema: doneSchema })
    if (done === undefined) return
    const told = options.start ? 'runs beside the active one' : 'runs no more'
    console.log(options.json ? JSON.stringify(done) : `${id}: version ${version} ${told}`)
    return
  }
  const report = await askAgent(options, { method: 'get', path, query, schema: reportSchema })
  if (report === undefined) return
  if (options.json) console.log(JSON.stringify(report))
  else printReport(report)
}

function toBody({ tenant, device }: ShadowOptions) {
  if (device === undefined) return undefined
  const devices = device.map(name => {
    const [owner = '', id] = name.split(/\/(.*)/s)
    return id === undefined || tenant !== undefined
      ? { tenant: tenant ?? '', id: name }
      : { tenant: owner, id }
  })
  return { devices }
}

function printReport(report: z.output<typeof reportSchema>): void {
  const { active, shadow, since, messages, same, skipped, others, differences } = report
  console.log(`version ${shadow} beside version ${active} since ${since}`)
  console.log(`${messages} messages compared, ${same} of them the same, ${skipped} left out`)
  for (const { kind, type = '', attribute = '', count, examples } of differences) {
    console.log(`${count}  ${[kind, type, attribute].filter(Boolean).join('  ')}`)
    for (const example of examples.slice(0, 1))
      console.log(`   ${example.device}: ${show(example.active)} -> ${show(example.shadow)}`)
  }
  if (others > 0) console.log(`${others}  of further kinds`)
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
