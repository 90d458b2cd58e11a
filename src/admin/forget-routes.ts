/** What is stored of a device, removed: by its tenant's administrators, once and for all. */
import { z } from 'zod'
import { type ForgetAnswer, type ForgetOrder, PARTS } from '../forgetting/forget-device.ts'
import type { Api } from './api.ts'
import { dryRunQuery } from './dry-run.ts'
import { getActor, requireRole, type SourcesOf } from './guard.ts'
import { bePatient } from './patience.ts'
import { createRefusalProblem } from './provision-answers.ts'

export interface ForgetSources {
  forgetDevice(order: ForgetOrder): Promise<ForgetAnswer>
}

const query = dryRunQuery.extend({
  device: z
    .enum(['true', 'false'])
    .default('false')
    .transform(text => text === 'true')
    .describe('true: the device itself goes too, with its login.'),
})
const reportSchema = z
  .object({
    dryRun: z.boolean(),
    removed: z.record(z.enum(PARTS), z.int().min(0)).describe('How many of each there were.'),
    stays: z
      .array(z.object({ what: z.string(), why: z.string() }))
      .describe('What the agent cannot remove: that of others, and what cannot be searched.'),
  })
  .meta({ id: 'forgotten' })

export function addForgetRoutes(api: Api, sourcesOf: SourcesOf<ForgetSources>): void {
  api.delete(
    '/api/v1/devices/:tenant/:id/data',
    {
      ...requireRole('admin'),
      schema: {
        ...{ summary: 'Remove what is stored of a device', tags: ['sovereignty'] },
        params: z.object({ tenant: z.string(), id: z.string() }),
        querystring: query,
        response: { 200: reportSchema },
      },
    },
    async request => {
      const { tenant, id } = request.params
      const { dryRun, device: withDevice } = request.query
      bePatient(request)
      const order = { tenant, device: id, withDevice, dryRun, actor: getActor(request) }
      const answer = await sourcesOf(request).forgetDevice(order)
      if ('refusals' in answer) throw createRefusalProblem(answer.refusals)
      return answer
    },
  )
}
