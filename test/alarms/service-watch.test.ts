import { beforeEach, expect, test } from '@jest/globals'
import { ServiceWatch } from '../../src/alarms/service-watch.ts'
import { NINE, TestAlarms } from './test-alarms.ts'

const MINUTE = 60_000
const LORA = { id: 'lora', tenant: 'kranj', url: 'mqtt://lns', acknowledged: 7 }

let book: TestAlarms
let watch: ServiceWatch
let bridge: { readonly isConnected: boolean; readonly trouble?: string }
let usage: { readonly all: number; readonly kranj: number }
let isDiskFull: boolean
let hook: string | undefined

beforeEach(async () => {
  bridge = { isConnected: true }
  usage = { all: 0, kranj: 0 }
  isDiskFull = false
  hook = undefined
  book = await TestAlarms.open()
  watch = new ServiceWatch(book.alarms, 5 * MINUTE, {
    getBridges: () => [{ ...LORA, ...bridge }],
    getJournalUsage: () => ({
      ...{ bytes: usage.all, maxBytes: 1_000 },
      tenants: [
        { tenant: 'kranj', bytes: usage.kranj, maxBytes: 100 },
        { tenant: 'bled', bytes: usage.all, maxBytes: 1_000 },
      ],
    }),
    isDiskFull: () => isDiskFull,
    getWebhooks: () => [{ name: 'https://hooks.example', trouble: hook }],
  })
})

function look(minutes = 0): readonly string[] {
  watch.look(NINE + minutes * MINUTE)
  return book.told()
}

test('a bridge that is not connected for a while is an alarm, with its tenant and its trouble', () => {
  bridge = { isConnected: false, trouble: 'timeout' }
  expect(look(0)).toEqual([])
  expect(look(5)).toEqual(['start bridge-down lora'])
  expect(book.alarms.standing).toMatchObject([{ tenant: 'kranj', message: 'timeout' }])
  bridge = { isConnected: true, trouble: 'the broker grants QoS 0 only' }
  expect(look(6)).toEqual(['end bridge-down lora'])
})

test('a webhook that takes nothing for a while is one', () => {
  hook = 'HTTP 503'
  look(0)
  expect(look(5)).toEqual(['start webhook-down https://hooks.example'])
  hook = undefined
  expect(look(6)).toEqual(['end webhook-down https://hooks.example'])
})

test('a journal that is nearly full is one, of all and of a tenant with a bound of its own', () => {
  usage = { all: 800, kranj: 79 }
  expect(look()).toEqual(['start journal-full'])
  expect(book.alarms.standing).toMatchObject([{ tenant: undefined }])
  usage = { all: 700, kranj: 80 }
  expect(look()).toEqual(['start journal-full'])
  expect(book.alarms.standing).toMatchObject([{ tenant: undefined }, { tenant: 'kranj' }])
  usage = { all: 699, kranj: 69 }
  expect(look()).toEqual(['end journal-full', 'end journal-full'])
})

test('a disk without room is one, with the code that says what to do', () => {
  isDiskFull = true
  expect(look()).toEqual(['start disk-full'])
  expect(book.alarms.standing).toMatchObject([{ code: 'DISK_FULL', severity: 'critical' }])
  isDiskFull = false
  expect(look()).toEqual(['end disk-full'])
})
