/** What shadow runs have found, on disk now and then: a run of a week counts on after a restart. Without examples, which name devices and values. */
import type { Change, Engine } from '../journal/engine.ts'
import type { FindingsByPlan, ShadowFindings, ShadowPlan } from './shadow-plan.ts'

export interface KeptFindings {
  load(plans: readonly Pick<ShadowPlan, 'key'>[]): Promise<FindingsByPlan>
  /** Those of runs that are not among the plans any more go. */
  save(findings: FindingsByPlan, plans: readonly Pick<ShadowPlan, 'key'>[]): Promise<void>
}

const TABLE = 'profiles'
/** No profile is called so. */
const PLACE = '$shadow'
const PLANS_MAX = 10_000

export function createKeptFindings(engine: Pick<Engine, 'get' | 'range' | 'commit'>): KeptFindings {
  return {
    load: async plans => {
      const read = async ({ key }: Pick<ShadowPlan, 'key'>) => {
        const value = await engine.get(TABLE, [PLACE, key])
        return value === undefined ? [] : [[key, JSON.parse(value.toString()) as ShadowFindings] as const]
      }
      return Object.fromEntries((await Promise.all(plans.map(read))).flat())
    },
    save: async (findings, plans) => {
      const keys = new Set(plans.map(({ key }) => key))
      const there = await engine.range(TABLE, { within: [PLACE], from: [PLACE], limit: PLANS_MAX })
      const gone = there.filter(({ key }) => !keys.has(String(key[1])))
      const changes: readonly Change[] = [
        ...gone.map(({ key }) => ({ table: TABLE, key }) as const),
        ...Object.entries(findings).map(([key, found]) => {
          const value = Buffer.from(JSON.stringify(withoutExamples(found)))
          return { table: TABLE, key: [PLACE, key], value } as const
        }),
      ]
      if (changes.length > 0) await engine.commit(changes)
    },
  }
}

function withoutExamples(found: ShadowFindings): ShadowFindings {
  return { ...found, differences: found.differences.map(one => ({ ...one, examples: [] })) }
}
