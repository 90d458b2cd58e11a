/** Shadow runs beside the lanes: what they need to know of the store, and what is told of them. */
import type { KnownBirth } from '../decode/sparkplug/edge-nodes.ts'
import { loadBirths } from '../journal/births.ts'
import type { Engine } from '../journal/engine.ts'
import type { Registry } from '../registry/registry.ts'
import { createKeptFindings } from '../shadow/kept-findings.ts'
import type { BirthsByTenant, ShadowPlan, ShadowValidation } from '../shadow/shadow-plan.ts'
import { Shadows } from '../shadow/shadows.ts'
import { report } from './drain-log.ts'
import { toKnownBirth } from './lane-profiles.ts'

export interface ShadowParts {
  readonly engine: Engine
  readonly registry: Pick<Registry, 'tenants'>
  readonly validation: ShadowValidation
}

export function createShadows({ engine, registry, validation }: ShadowParts): Shadows {
  return new Shadows({
    validation,
    loadBirths: plans => readBirths(plans, engine, registry),
    onFailed: reason => report('warn', { reason, msg: 'the thread of shadow runs failed; it starts again' }),
    kept: createKeptFindings(engine),
    onNotKept: reason => report('warn', { reason, msg: 'what shadow runs have found could not be saved' }),
  })
}

/** Only Sparkplug B is read by what was announced before. */
async function readBirths(
  plans: readonly ShadowPlan[],
  engine: Engine,
  { tenants }: ShadowParts['registry'],
): Promise<BirthsByTenant> {
  const own = plans.filter(({ active, shadow }) =>
    [active, shadow].some(({ profile }) => profile.decode.sparkplug !== undefined),
  )
  const births: Record<string, readonly KnownBirth[]> = {}
  for (const { id } of tenants) {
    if (!own.some(({ tenant = id }) => tenant === id)) continue
    births[id] = (await loadBirths(engine, id, Number.MAX_SAFE_INTEGER)).map(toKnownBirth)
  }
  return births
}
