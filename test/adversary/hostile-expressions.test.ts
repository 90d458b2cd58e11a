import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ensureBuilt, runTromost } from '../commands/run-tromost.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { toDestination } from '../support/town.ts'
import { CaseTown, writeCases } from './case-town.ts'

/** Expressions that no profile may have, and what is said of each. */
const REFUSED: Readonly<Record<string, readonly [expression: string, fault: string]>> = {
  'T70: a key __proto__': ['{"__proto__": t}', 'expected another key than __proto__ at character 2'],
  'T70: a call': ['constructor("return 1")', 'expected an operator or the end at character 12'],
  "T70: a transform that is a prototype's": [
    't|constructor',
    'expected the name of a transform that is known at character 3',
  ],
  'T70: a chain of 1000 names': [
    `a${'.b'.repeat(1_000)}`,
    'expected an expression of at most 1024 characters at character 1025',
  ],
  'T70: a text of 1 MB': [
    'a'.repeat(1_000_000),
    'expected an expression of at most 1024 characters at character 1025',
  ],
  'T70: brackets without end': ['('.repeat(1_000), 'expected at most 32 levels at character 33'],
  'T71: (.*)*x': [
    't|replaceregexp("(.*)*x", "")',
    'expected replaceregexp with a quantifier only after what takes a character',
  ],
  'T71: a back reference': [
    't|replaceregexp("(a)\\\\1", "")',
    'expected replaceregexp with a pattern of characters, classes, groups',
  ],
  'T71: 10,000 alternatives': [
    `t|replaceregexp("${'a|'.repeat(10_000)}", "")`,
    'expected an expression of at most 1024 characters at character 1025',
  ],
  'T71: as many alternatives as there is room for': [
    `t|replaceregexp("${'a|'.repeat(400)}", "")`,
    'expected replaceregexp with a pattern of at most 256 steps',
  ],
  'T71: counts that multiply': [
    't|replaceregexp("(?:a{50}){50}", "")',
    'expected replaceregexp with a pattern of at most 256 steps',
  ],
}

/** Expressions that a profile may have, and that reach nothing. */
const HARMLESS = [
  'constructor',
  '__proto__',
  'then',
  't["__proto__"]',
  't.constructor.constructor',
  'x["__proto__"]',
]

/** Expressions whose patterns take exponential time elsewhere. */
const SLOW = ['(a+)+$', '(a|a)*b', '(a+)+(a+)+b']

function toCase(expression: string) {
  return { decode: { json: {} }, attributes: { x: { expr: expression }, k: { from: 'k' } } }
}

describe('tromost check says of an expression what is wrong, and where:', () => {
  const names = Object.keys(REFUSED)
  let lines: readonly string[] = []

  beforeAll(async () => {
    ensureBuilt()
    const folder = new AgentFolder()
    folder.writeConfig({ destinations: [toDestination('http://127.0.0.1:9', {})] })
    const cases = Object.values(REFUSED).map(([expression], at) => [`case-${at}`, toCase(expression)])
    writeCases(folder, { profiles: Object.fromEntries(cases) })
    const { code, stderr } = await runTromost(['check', '--config', 'tromost.yaml'], { cwd: folder.path })
    expect(code).toBe(1)
    lines = stderr.trimEnd().split('\n')
    folder.remove()
  })

  test.each(names)('%s', name => {
    const file = `profiles/case-${names.indexOf(name)}.yaml`
    const [, fault = ''] = REFUSED[name] ?? []
    const own = lines.filter(line => line.startsWith(`${file}: `))
    expect(own).toEqual([expect.stringContaining(`: entities.0.attributes.x.expr: ${fault}`)])
  })

  test('and shows no more of it than fits a line', () => {
    expect(lines).toHaveLength(names.length)
    expect(lines.filter(line => line.length > 500)).toEqual([])
  })
})

describe('in a running agent', () => {
  let town: CaseTown
  const expressions = [
    ...HARMLESS,
    ...SLOW.map(pattern => `t|replaceallregexp(${JSON.stringify(pattern)}, "-")`),
  ]

  beforeAll(async () => {
    town = await CaseTown.start({
      profiles: Object.fromEntries(expressions.map((expression, at) => [`case-${at}`, toCase(expression)])),
      devices: Object.fromEntries(expressions.map((_, at) => [`d${at}`, `case-${at}`])),
    })
  })

  afterAll(() => town.close())

  test.each(HARMLESS)('T70: %s reaches nothing', async expression => {
    const device = `d${expressions.indexOf(expression)}`
    const payload = '{"k":1,"t":"text","x":{"y":1}}'
    expect((await town.send(`tromost/${device}/up`, payload)).outcome).toBe('delivered')
    expect(Object.keys(town.getAttributes(`urn:ngsi-ld:Thing:${device}`))).toEqual(['k'])
  })

  test.each(SLOW)('T71: %s looks through 8000 letters, and others are served meanwhile', async pattern => {
    const device = `d${HARMLESS.length + SLOW.indexOf(pattern)}`
    const t = `${'a'.repeat(8_000)}!`
    expect((await town.send(`tromost/${device}/up`, JSON.stringify({ k: 1, t }))).outcome).toBe('delivered')
    expect(town.getAttributes(`urn:ngsi-ld:Thing:${device}`)).toMatchObject({ x: { value: t } })
  })
})
