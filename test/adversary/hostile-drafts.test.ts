import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

/** Nine levels of ten: a thousand million. */
const BOMB = Array.from({ length: 9 }, (_, level) => {
  const list = level === 0 ? Array(10).fill('x') : Array(10).fill(`*a${level - 1}`)
  return `a${level}: &a${level} [${list.join(',')}]`
}).join('\n')

/** Texts that are no profile, and what is said of them. */
const TEXTS: readonly (readonly [string, string])[] = [
  ['an alias bomb', BOMB],
  ['a hundred thousand brackets', '['.repeat(100_000)],
  ['a hundred thousand braces', '{a: '.repeat(100_000)],
  ['a function of a scripting language', 'id: !!js/function "function () { process.exit() }"'],
  ['an object of another language', 'id: !!python/object/apply:os.system ["id"]'],
  ['a merge of what is not there', 'id: x\n<<: *other'],
  ['a merge of what all objects have', 'base: &b {__proto__: {polluted: 1}}\nid: x\n<<: *b'],
  ['tabs', 'id:\tx\n\tvendor: y'],
  ['the same key twice', 'id: x\nid: y'],
  ['two documents', 'id: x\n---\nid: y'],
  ['an alias of itself', 'id: &a [*a]'],
  ['zeros', '\u0000'.repeat(1_000)],
  ['a key that would be of all objects', '{"__proto__": {"polluted": true}, "id": "x"}'],
]

let town: Town
let admin: AdminClient

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
})

afterAll(() => town.close())

const testDraft = (draft: string) => admin.ask('POST', '/api/v1/profiles/test', { body: { draft } })

describe('T63: a draft', () => {
  test.each(TEXTS)('of %s is refused with its place', async (_case, draft) => {
    const answer = await testDraft(draft)
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('#/draft')])
    const tried = await admin.ask('POST', '/api/v1/try', { body: { draft, payload: { json: {} } } })
    expect([tried.status, tried.text]).toEqual([400, expect.stringContaining('#/draft')])
  })

  test('that is no YAML is refused with line and column', async () => {
    const { text } = await testDraft('id: x\nvendor: [a, b\nmodel: c')
    expect(text).toMatch(/\(line 3, column \d+\)/)
  })

  test('of ten megabytes is refused before it is read', async () => {
    const { status } = await testDraft('a'.repeat(10 * 1024 * 1024)).catch(() => ({ status: 413 }))
    expect(status).toBe(413)
  })
})

describe('T63: a provisioning file', () => {
  test.each(TEXTS.filter(([name]) => /bomb|brackets|function|zeros/.test(name)))(
    'that becomes %s is told, and the one before stays',
    async (_case, content) => {
      const first = town.agent.logs.length
      town.folder.write('provision.yaml', content)
      await until('the fault is told', () =>
        town.agent.logs.slice(first).some(({ level }) => level === 'error' || level === 'warn'),
      )
      expect((await admin.ask('GET', `/api/v1/devices/${TENANT}/six-1`)).status).toBe(200)
      const [sensor] = await town.connectSensors(new Map([['six-1', first + 1]]))
      sensor?.publish(1)
      await until('a reading is acknowledged', () => sensor?.acknowledged.length === 1)
    },
  )
})

test('nothing was polluted, and nothing waits', async () => {
  const balance = await town.agent.settled(TENANT)
  expect(balance).toMatchObject({ quarantined: 0, received: balance.delivered })
  expect(town.agent.hasEnded).toBe(false)
})
