/** Bridges over TLS, with real sockets and certificates: whom they trust, and what they show of themselves. */
import { afterEach, expect, test } from '@jest/globals'
import { ForeignBroker } from '../../support/foreign-broker.ts'
import { getServerTls, getTlsFile } from '../../support/test-server.ts'
import { until } from '../../support/until.ts'
import { TestBridge } from './test-bridge.ts'

const CA = { caFile: getTlsFile('ca.pem') }
const CLIENT = { certFile: getTlsFile('client.pem'), keyFile: getTlsFile('client.key') }
const ASKING = { requestCert: true, rejectUnauthorized: true }

let foreign: ForeignBroker
let bridge: TestBridge

afterEach(async () => {
  await bridge.close()
  await foreign.close()
})

async function open(tls: object, server: object = getServerTls()): Promise<void> {
  foreign = await ForeignBroker.start(undefined, server)
  bridge = new TestBridge({ url: foreign.url, tls })
}

async function expectReading(): Promise<void> {
  await until('the bridge is connected', () => bridge.report.isConnected)
  await foreign.publish('application/1/device/dev/event/up', 'reading')
  await until('it is there', () => bridge.payloads.length === 1)
  expect(bridge.payloads).toEqual(['reading'])
}

async function expectTrouble(pattern: RegExp): Promise<void> {
  await until('it is in trouble', () => bridge.report.trouble !== undefined)
  expect(bridge.report).toMatchObject({ isConnected: false, trouble: expect.stringMatching(pattern) })
}

test('a foreign broker is trusted when our own authority vouches for it', async () => {
  await open(CA)
  await expectReading()
})

test('a foreign broker of an unknown authority is not', async () => {
  await open({})
  await expectTrouble(/certificate/)
})

test('a foreign broker of an unknown authority is taken where nobody is to be rejected, and that is told', async () => {
  await open({ rejectUnauthorized: false })
  await expectReading()
  expect(bridge.report.trouble).toMatch(/^tls\.rejectUnauthorized is false: /)
})

test('a foreign broker that asks for a certificate gets ours', async () => {
  await open({ ...CA, ...CLIENT }, { ...getServerTls(), ...ASKING })
  await expectReading()
})

test('a foreign broker that asks for a certificate takes nobody without one', async () => {
  await open(CA, { ...getServerTls(), ...ASKING })
  await expectTrouble(/./)
})
