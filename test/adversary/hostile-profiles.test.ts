import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { DRAFT } from '../support/first-day.ts'
import { Town } from '../support/town.ts'

let town: Town
let admin: AdminClient

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
})

afterAll(() => town.close())

const save = (yaml: string) => admin.ask('POST', '/api/v1/profiles', { body: { yaml } })

describe('T62: the id of a profile that is saved', () => {
  test.each([
    ...['../../evil', 'x/../y', '/etc/cron.d/x', '%2e%2e%2fx', 'x\u0000y', 'gаuge', 'x'.repeat(300)],
    ...['x y', '.', '..', 'x\u202ey', '', 'CON.yaml', 'A'],
  ])('is refused, and no file is made: %j', async id => {
    const before = readdirSync(town.folder.path, { recursive: true, encoding: 'utf8' })
    const answer = await save(DRAFT.replace('id: gauge', `id: ${JSON.stringify(id)}`))
    expect([answer.status, answer.body['code']]).toEqual([400, 'REQUEST_INVALID'])
    expect(readdirSync(town.folder.path, { recursive: true, encoding: 'utf8' })).toEqual(before)
  })

  test('is not that of a file', async () => {
    const answer = await save(DRAFT.replace('id: gauge', 'id: test-six'))
    expect(answer.status).toBe(409)
  })
})

describe('T62: a profile that is saved reads no file', () => {
  test.each(['/etc/passwd', '../provision.yaml', 'data/secret.key', 'file:///etc/passwd'])(
    'for its script: %s',
    async file => {
      const answer = await save(
        DRAFT.replace('decode: { text: {} }', `decode: { script: { file: ${file} } }`),
      )
      expect(answer.status).toBe(400)
      expect(answer.text).not.toMatch(/root:|brokerTenant/)
    },
  )
})

test('T59: a unit that changes under the name that it had is told by a dry run', async () => {
  await admin.post('/api/v1/profiles', { yaml: DRAFT, activate: true })
  const centimetres = DRAFT.replaceAll('MTR', 'CMT')
  await admin.post('/api/v1/profiles/gauge/versions', { yaml: centimetres })
  const dry = await admin.post('/api/v1/profiles/gauge/versions/2/activate?dryRun=true', undefined)
  expect(dry).toMatchObject({ dryRun: true, warnings: [expect.stringMatching(/waterLevel.*MTR.*CMT/)] })
  expect(await admin.get('/api/v1/profiles/gauge')).toMatchObject({ active: 1 })
})
