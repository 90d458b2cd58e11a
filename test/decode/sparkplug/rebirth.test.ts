import { expect, test } from '@jest/globals'
import { RebirthRequests } from '../../../src/decode/sparkplug/rebirth.ts'
import { readCommands } from '../../support/sparkplug.ts'

const NODE = { group: 'kranj', edgeNode: 'gw-1' }
const NOW = Date.parse('2026-01-15T09:00:00Z')

test('a request is the command of the specification on the topic of the edge node', () => {
  const request = new RebirthRequests().create(NODE, NOW)
  expect(request?.topic).toBe('spBv1.0/kranj/NCMD/gw-1')
  expect(readCommands(request?.payload ?? Buffer.alloc(0))).toEqual(['Node Control/Rebirth'])
  // Encoded by hand: timestamp 1, metric 2 with name 1, timestamp 3, datatype 4 (Boolean), boolean_value 14.
  expect(request?.payload.toString('hex')).toBe(
    '0880a58887bc331221' +
      '0a144e6f646520436f6e74726f6c2f52656269727468' +
      '1880a58887bc33' +
      '200b' +
      '7001',
  )
})

test('an edge node is asked once in half a minute, and others beside it', () => {
  const requests = new RebirthRequests()
  expect(requests.create(NODE, NOW)).toBeDefined()
  expect(requests.create(NODE, NOW + 29_999)).toBeUndefined()
  expect(requests.create({ ...NODE, edgeNode: 'gw-2' }, NOW + 1)).toBeDefined()
  expect(requests.create(NODE, NOW + 30_000)).toBeDefined()
})
