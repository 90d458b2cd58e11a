import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { configSchema } from '../../../src/config/config.ts'
import { createNgsiLd } from '../../../src/uplink/dialects/ngsi-ld.ts'
import { createParcel } from '../../../src/uplink/parcel.ts'
import { createEntity } from '../../support/entities.ts'

const WEATHER = 'https://example.org/weather.jsonld'
const DEVICE = 'https://example.org/device.jsonld'
const CITY = 'https://example.org/city.jsonld'

const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** The headers of the requests for two entities, whose profiles name these contexts. */
async function deliverEach(
  owns: readonly (string | undefined)[],
  settings: object = {},
): Promise<readonly IncomingHttpHeaders[]> {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    request.resume().on('end', () => response.writeHead(204).end())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  opened.push(() => new Promise(resolve => server.close(resolve)))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const main = { id: 'main', dialect: 'ngsi-ld', url, ...settings }
  const [destination] = configSchema.parse({ destinations: [main] }).destinations
  if (destination === undefined) throw new Error('expected a destination')
  const dialect = createNgsiLd({ destination, tenant: 'kranj', brokerTenant: 'mesto_kranj' })
  opened.push(() => dialect.close())
  for (const own of owns) {
    const parcel = createParcel(createEntity('urn:a:1', undefined, own), dialect.chooseContext(own), () => {})
    await dialect.deliver([parcel])
  }
  return seen
}

function toLink(context: string): string {
  return `<${context}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

test('a request says the context of its entities by Link, and none where they have none', async () => {
  const seen = await deliverEach([WEATHER, undefined, DEVICE])
  expect(seen.map(({ link }) => link)).toEqual([toLink(WEATHER), undefined, toLink(DEVICE)])
})

test('the context of the destination takes the place of those of the entities', async () => {
  const seen = await deliverEach([WEATHER, undefined], { context: CITY })
  expect(seen.map(({ link }) => link)).toEqual([toLink(CITY), toLink(CITY)])
})

test('a destination whose context is none gets no Link', async () => {
  const seen = await deliverEach([WEATHER], { context: 'none' })
  expect(seen.map(({ link }) => link)).toEqual([undefined])
})

test('every request is application/json with the tenant of the broker and the login', async () => {
  const seen = await deliverEach([WEATHER, undefined], { auth: { kind: 'bearer', token: 'abc' } })
  expect(seen).toHaveLength(2)
  for (const headers of seen) {
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'ngsild-tenant': 'mesto_kranj',
      authorization: 'Bearer abc',
    })
  }
})
