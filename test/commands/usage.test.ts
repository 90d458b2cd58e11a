import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { ensureBuilt, runTromost } from './run-tromost.ts'

const VERBS = [
  'start',
  'check',
  'doctor',
  'profile',
  'profile test',
  'profile try',
  'profile lint',
  'simulate',
  'secret',
  'status',
  'tail',
  'quarantine',
  'quarantine list',
  'quarantine show',
  'quarantine replay',
  'quarantine discard',
  'rewind',
  'token',
  'token list',
  'token create',
  'token rotate',
  'token revoke',
  'audit',
  'export',
  'import',
  'forget',
  'devices',
  'devices import',
  'devices export',
  'onboarding',
  'onboarding list',
  'onboarding accept',
  'onboarding reject',
  'onboarding heed',
]

beforeAll(ensureBuilt)

test('help names every verb that there is for users', async () => {
  const { code, stdout, stderr } = await runTromost(['--help'])
  expect([code, stderr]).toEqual([0, ''])
  const verbs = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb]) => verb)
  expect(verbs).toEqual([...VERBS.filter(verb => !verb.includes(' ')), 'help'])
})

test.each(VERBS)('%s --help says how it is used', async verb => {
  const { code, stdout, stderr } = await runTromost([...verb.split(' '), '--help'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`^Usage: tromost ${verb} `))
})

test('--version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(await runTromost(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

describe('wrong use ends with exit code 2, says what is wrong and how it is right', () => {
  test.each([
    ['no verb', [], /^Usage: tromost /],
    ['a verb that there is not', ['strat'], /unknown command 'strat'/],
    ['a verb without the one below it', ['profile'], /^Usage: tromost profile /],
    ['an option that there is not', ['check', '--confg', 'x'], /unknown option '--confg'/],
    ['an option without its value', ['check', '--config'], /'--config <file>' argument missing/],
    ['too many arguments', ['check', 'tromost.yaml'], /too many arguments/],
    [
      'a number that is none',
      ['simulate', '--devices', 'many'],
      /'many' is invalid\. expected a positive number/,
    ],
    [
      'a number that is too small',
      ['simulate', '--rate', '0'],
      /'0' is invalid\. expected a positive number/,
    ],
    ['a choice that there is not', ['simulate', '--qos', '2'], /Allowed choices are 0, 1/],
    ['an address that is none', ['simulate', '--url', 'localhost'], /expected an address such as mqtt:/],
    [
      'an address of another kind',
      ['simulate', '--url', 'http://localhost'],
      /expected an address such as mqtt:/,
    ],
  ])('%s', async (_case, args, words) => {
    const { code, stdout, stderr } = await runTromost(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(words)
    expect(stderr).toContain('Usage: tromost')
  })
})
