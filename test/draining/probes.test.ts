import { afterEach, expect, test } from '@jest/globals'
import { Probes } from '../../src/draining/probes.ts'
import { FixtureBroker, toJson } from '../support/brokers/fixture-broker.ts'
import { createDestination } from '../support/destination.ts'
import { until } from '../support/until.ts'

const VERSION = toJson(200, { 'orionld version': '1.10.0' })
const NOT_FOUND = { status: 404 }

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close()
})

async function open(tenants: readonly (string | undefined)[] = [undefined]) {
  const broker = await FixtureBroker.start(({ path }) => (path === '/version' ? VERSION : NOT_FOUND))
  const probes = new Probes()
  opened.push(broker, probes)
  const destination = createDestination({ dialect: 'orion-ld', url: broker.url })
  const addresses = tenants.map(brokerTenant => ({ destination, tenant: 'kranj', brokerTenant }))
  const [address = fail()] = addresses
  return { broker, probes, address, addresses }
}

test('a broker that did not answer is asked again as soon as it takes readings', async () => {
  const { broker, probes, address } = await open()
  // Each is tried once more at once over another connection.
  broker.meet(
    response => response.destroy(),
    response => response.destroy(),
  )
  probes.ask(address)
  await until('it has failed', () => broker.requests.length === 2)
  expect(probes.get(address)).toBeUndefined()
  await until('it is known', () => {
    probes.ask(address)
    return probes.get(address) !== undefined
  })
  expect(probes.get(address)).toMatchObject({ name: 'Orion-LD', version: '1.10.0' })
})

test('a broker that has answered is not asked again at every turn', async () => {
  const { broker, probes, addresses } = await open([undefined, 'bled'])
  const [first = fail(), second = fail()] = addresses
  probes.ask(first)
  await until('it is known', () => probes.get(first) !== undefined)
  for (let count = 0; count < 10; count += 1) probes.ask(first)
  // Questions to one destination wait for one another: what had been asked again would be there before this one.
  probes.ask(second)
  await until('the other is known', () => probes.get(second) !== undefined)
  expect(broker.requests.filter(({ path }) => path === '/version')).toHaveLength(2)
})

test('the tenants of one destination are asked for one after the other', async () => {
  const { broker, probes, addresses } = await open(['kranj', 'bled', 'piran'])
  for (const address of addresses) probes.ask(address)
  await until('all are known', () => addresses.every(address => probes.get(address) !== undefined))
  const asked = broker.requests.map(({ path }) => path.split('?')[0])
  const one = ['/version', '/ngsi-ld/v1/entities']
  expect(asked).toEqual([...one, ...one, ...one])
})

test('the preview is no broker', async () => {
  const { broker, probes, address } = await open()
  const preview = { ...address, destination: { ...address.destination, dialect: 'preview' as const } }
  probes.ask(preview)
  probes.ask({ ...address, brokerTenant: 'bled' })
  await until('the other is known', () => probes.get({ ...address, brokerTenant: 'bled' }) !== undefined)
  expect(probes.get(preview)).toBeUndefined()
  expect(broker.requests.filter(({ path }) => path === '/version')).toHaveLength(1)
})

function fail(): never {
  throw new Error('expected a tenant')
}
