import { expect, test } from '@jest/globals'
import { egressSchema } from '../../src/config/egress.ts'
import { describeIssues } from '../../src/document.ts'

function listProblems(egress: object): readonly string[] {
  const { error } = egressSchema.safeParse(egress)
  return error === undefined ? [] : describeIssues(error, egress).map(({ problem }) => problem)
}

test('addresses, networks, names and all names below one are rules', () => {
  const rules = ['10.0.0.7', 'fd00::7', '10.0.0.0/24', 'fd00::/8', 'orion', '*.kranj.example']
  expect(listProblems({ allow: rules, deny: [...rules, '*'] })).toEqual([])
})

test('anything else is a fault that says what may stand there', () => {
  const expected = 'expected an address, a network such as 10.0.0.0/24, a name, or *. and a name'
  expect(listProblems({ allow: ['no name!'] })).toEqual([`${expected}, got "no name!"`])
  expect(listProblems({ allow: ['*'] })).toEqual([`${expected}, got "*"`])
  expect(listProblems({ deny: [7] })).toEqual([`${expected}, or * for all that is not allowed, got 7`])
})
