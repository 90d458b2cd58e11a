import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from '@jest/globals'
import { type Expiry, lookForExpiries, readExpiries, readTokenExpiry } from '../../src/alarms/expiry-watch.ts'
import { getTlsFile } from '../support/test-server.ts'
import { NINE, TestAlarms } from './test-alarms.ts'

const DAY = 24 * 3_600_000

let book: TestAlarms

beforeEach(async () => {
  book = await TestAlarms.open()
})

function look(days: number | undefined): readonly string[] {
  const expiry: Expiry = {
    ...{ kind: 'certificate-expires', subject: 'client.pem', expiresAt: NINE + (days ?? 0) * DAY },
  }
  lookForExpiries(book.alarms, () => (days === undefined ? [] : [expiry]), NINE)
  return book.told()
}

test('what expires is told 30, 7 days and 1 day before, each time louder, until it is renewed', () => {
  expect(look(30.1)).toEqual([])
  expect(look(30)).toEqual(['start certificate-expires client.pem'])
  expect(book.alarms.standing).toMatchObject([
    { severity: 'info', message: 'expires on 2026-02-14, in 30 days' },
  ])
  expect(look(7.1)).toEqual([])
  expect(look(7)).toEqual(['worse certificate-expires client.pem'])
  expect(look(1)).toEqual(['worse certificate-expires client.pem'])
  expect(look(-1)).toEqual([])
  expect(book.alarms.standing).toMatchObject([{ severity: 'critical', message: 'expired on 2026-01-14' }])
  expect(look(365)).toEqual(['end certificate-expires client.pem'])
})

test('what is not used any more does not expire', () => {
  look(2)
  expect(look(undefined)).toEqual(['end certificate-expires client.pem'])
})

describe('a file of certificates', () => {
  const file = getTlsFile('expired.pem')

  test('expires with the first of them', () => {
    const expiresAt = Date.parse(new X509Certificate(readFileSync(file)).validTo)
    expect(readExpiries([{ file, tenant: 'kranj' }])).toEqual([
      { kind: 'certificate-expires', tenant: 'kranj', subject: file, expiresAt },
    ])
  })

  test.each([['test/support/tls/none.pem'], [getTlsFile('broker.key')]])('%s has none', wrong => {
    expect(readExpiries([{ file: wrong }])).toEqual([])
  })
})

describe('a token', () => {
  const encode = (claims: unknown) => Buffer.from(JSON.stringify(claims)).toString('base64url')

  test('of RFC 7519 says when it expires', () => {
    expect(readTokenExpiry(`e30.${encode({ exp: 1_800_000_000 })}.x`)).toBe(1_800_000_000_000)
  })

  test.each([
    ['opaque'],
    [`e30.${encode({})}.x`],
    [`e30.${encode(null)}.x`],
    [`e30.${encode({ exp: 'soon' })}.x`],
  ])('such as %s says nothing of it', token => {
    expect(readTokenExpiry(token)).toBeUndefined()
  })
})
