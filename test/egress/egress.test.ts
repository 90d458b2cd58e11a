import type { LookupAddress } from 'node:dns'
import { describe, expect, test } from '@jest/globals'
import { Egress, type EgressPlan, openTo } from '../../src/egress/egress.ts'

const EMPTY: EgressPlan = { allow: [], deny: [], named: [] }
const INSIDE = 'one of this machine or of a private network'
const DENIED = 'one that egress.deny closes'
const CLOSED = 'one that is closed to all'

/** Where a name leads when it is looked up like this: the addresses that are left of those found. */
function lookUp(
  address: string,
  found: readonly string[],
  plan: Partial<EgressPlan> = {},
  refused: string[] = [],
): readonly string[] | string {
  const addresses = found.map(one => ({ address: one, family: one.includes(':') ? 6 : 4 }))
  const egress = new Egress(
    { ...EMPTY, ...plan },
    detail => refused.push(detail),
    (_name, _options, callback) => callback(null, addresses),
  )
  let outcome: readonly string[] | string = 'not answered'
  egress.open(address)('ignored', { all: true }, (error, open) => {
    outcome = error === null ? (open as LookupAddress[]).map(one => one.address) : error.message
  })
  return outcome
}

describe('an address that nobody of the configuration names', () => {
  test.each([
    ...['http://127.0.0.1:1026', 'http://127.8.8.8', 'http://[::1]:1026', 'http://0.0.0.0', 'http://[::]'],
    ...['http://0x7f.1', 'http://2130706433', 'http://017700000001', 'http://127.1', 'http://①②⑦.0.0.1'],
    ...[
      'http://[::ffff:7f00:1]',
      'http://[::ffff:10.0.0.7]',
      'http://[::127.0.0.1]',
      'http://[64:ff9b::7f00:1]',
    ],
    ...['http://localhost', 'http://localhost.:80', 'http://LOCALHOST', 'http://a.localhost'],
    ...[
      'http://10.0.0.7',
      'http://172.31.0.1',
      'http://192.168.1.1',
      'http://100.64.0.1',
      'http://[fd12::1]',
    ],
  ])('is closed where it is of the inside, however it is spelled: %s', address => {
    expect(openTo().findFault(address)).toBe(INSIDE)
  })

  test.each([
    ...['http://169.254.169.254', 'http://0xa9fea9fe', 'http://[::ffff:a9fe:a9fe]', 'http://[fe80::1]'],
    ...['http://[fd00:ec2::254]', 'http://100.100.100.200', 'http://168.63.129.16', 'http://224.0.0.1'],
  ])('is closed to all where no broker is, also to those who allow it: %s', address => {
    const allow = ['169.254.0.0/16', 'fe80::/10', 'fd00::/8', '100.64.0.0/10', '0.0.0.0/0']
    expect(new Egress({ allow, deny: [], named: [address] }).findFault(address)).toBe(CLOSED)
  })

  test.each(['http://203.0.113.9', 'http://172.32.0.1', 'http://[2001:db8::1]', 'https://broker.example'])(
    'is open elsewhere: %s',
    address => expect(openTo().findFault(address)).toBeUndefined(),
  )

  test('is not connected to', () => {
    expect(() => openTo().open('http://127.0.0.1:1026')).toThrow(
      `ADDRESS_CLOSED: 127.0.0.1:1026: expected an address that egress of the configuration leaves open, got ${INSIDE}`,
    )
  })
})

describe('a name, by what it is looked up to for a connection', () => {
  test('leads to where it is open, and only there', () => {
    expect(lookUp('http://broker', ['203.0.113.9', '127.0.0.1', 'fe80::1%eth0', '2001:db8::1'])).toEqual([
      '203.0.113.9',
      '2001:db8::1',
    ])
  })

  test.each([
    ['127.0.0.1', INSIDE],
    ['::ffff:10.0.0.7', INSIDE],
    ['169.254.169.254', CLOSED],
    ['fe80::1%2', CLOSED],
  ])('is refused and counted where it leads to %s alone', (found, fault) => {
    const refused: string[] = []
    const words = `broker:80: expected an address that egress of the configuration leaves open, got ${found}, ${fault}`
    expect(lookUp('http://broker', [found], {}, refused)).toBe(`ADDRESS_CLOSED: ${words}`)
    expect(refused).toEqual([words])
  })

  test('that one moment leads outside and the next one inside is refused then', () => {
    const answers = ['203.0.113.9', '10.0.0.7']
    const egress = new Egress(EMPTY, undefined, (_name, _options, callback) =>
      callback(null, [{ address: answers.shift() ?? '', family: 4 }]),
    )
    const look = egress.open('http://rebound.example')
    const outcomes: unknown[] = []
    for (const _ of [1, 2])
      look('rebound.example', {}, (error, address, family) =>
        outcomes.push(error?.message ?? [address, family]),
      )
    expect(outcomes).toEqual([['203.0.113.9', 4], expect.stringContaining('got 10.0.0.7')])
  })

  test('that cannot be looked up is told as it is', () => {
    const egress = new Egress(EMPTY, undefined, (_name, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' }), []),
    )
    egress.open('http://broker')('broker', {}, error => expect(error?.code).toBe('EAI_AGAIN'))
    expect.assertions(1)
  })
})

describe('what the configuration names', () => {
  const named = ['http://orion:1026/path', 'mqtt://10.0.0.7', 'https://[FD12::1]']

  test('is open inside, at this host and port', () => {
    expect(lookUp('http://ORION.:1026/other', ['172.18.0.3'], { named })).toEqual(['172.18.0.3'])
    expect(openTo(...named).findFault('mqtt://10.0.0.7:1883')).toBeUndefined()
    expect(openTo(...named).findFault('https://[fd12::1]:443')).toBeUndefined()
  })

  test.each(['http://orion:4041', 'http://orion'])('is closed inside at another port: %s', address => {
    expect(lookUp(address, ['172.18.0.3'], { named })).toContain(`got 172.18.0.3, ${INSIDE}`)
  })

  test('does not lead to where all are closed', () => {
    expect(lookUp('http://orion:1026', ['169.254.169.254'], { named })).toContain(CLOSED)
  })
})

describe('egress.allow', () => {
  test.each([
    ['10.0.0.7', 'http://10.0.0.7', undefined],
    ['10.0.0.7', 'http://10.0.0.8', INSIDE],
    ['10.0.0.0/24', 'http://10.0.0.8', undefined],
    ['10.0.0.0/24', 'http://10.0.1.8', INSIDE],
    ['127.0.0.1', 'http://[::ffff:127.0.0.1]', undefined],
    ['fd12::/16', 'http://[fd12::8]', undefined],
    ['localhost', 'http://localhost', undefined],
    ['localhost', 'http://127.0.0.1', INSIDE],
    ['127.0.0.1', 'http://localhost', undefined],
  ])('with %s: %s gives %s', (entry, address, fault) => {
    expect(new Egress({ ...EMPTY, allow: [entry] }).findFault(address)).toBe(fault)
  })

  test('opens what a name leads to, by the name or by the address', () => {
    for (const allow of [['Orion'], ['172.18.0.0/16'], ['*.city.si', 'orion']])
      expect(lookUp('http://orion', ['172.18.0.3'], { allow })).toEqual(['172.18.0.3'])
    expect(lookUp('http://a.city.si', ['10.0.0.1'], { allow: ['*.city.si'] })).toEqual(['10.0.0.1'])
    for (const host of ['city.si', 'evilcity.si', 'a.city.si.evil.example'])
      expect(lookUp(`http://${host}`, ['10.0.0.1'], { allow: ['*.city.si'] })).toContain(INSIDE)
  })
})

describe('egress.deny', () => {
  test('closes what is named, allowed or public', () => {
    const plan = { deny: ['203.0.113.0/24', '10.9.0.0/16', 'evil.example'], allow: ['10.0.0.0/8'] }
    const egress = new Egress({ ...plan, named: ['http://10.9.0.1'] })
    expect(
      ['http://203.0.113.9', 'http://10.9.0.1', 'http://evil.example'].map(one => egress.findFault(one)),
    ).toEqual([DENIED, DENIED, DENIED])
    expect(egress.findFault('http://10.8.0.1')).toBeUndefined()
    expect(lookUp('http://10.9.example', ['10.9.0.1'], plan)).toContain(DENIED)
  })

  test('with * leaves what is allowed and what the configuration names', () => {
    const plan = { deny: ['*'], allow: ['10.0.0.0/8', 'wanted.example'], named: ['http://orion:1026'] }
    expect(lookUp('http://wanted.example', ['203.0.113.9'], plan)).toEqual(['203.0.113.9'])
    expect(lookUp('http://orion:1026', ['172.18.0.3'], plan)).toEqual(['172.18.0.3'])
    expect(lookUp('http://other', ['10.0.0.1'], plan)).toEqual(['10.0.0.1'])
    expect(lookUp('http://other', ['203.0.113.9'], plan)).toContain(DENIED)
    expect(new Egress({ ...EMPTY, deny: ['*'] }).findFault('https://broker.example')).toBe(DENIED)
  })
})
