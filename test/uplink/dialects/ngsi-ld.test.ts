import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from '@jest/globals'
import { configSchema } from '../../../src/config/config.ts'
import { createNgsiLd } from '../../../src/uplink/dialects/ngsi-ld.ts'
import type { Verdict } from '../../../src/uplink/verdict.ts'
import { createEntity } from '../../support/entities.ts'

const WEATHER = 'https://example.org/weather.jsonld'
const DEVICE = 'https://example.org/device.jsonld'
const CITY = 'https://example.org/city.jsonld'

const opened: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

interface Delivery {
  /** Over the settings of the destination. */
  readonly settings?: object
  readonly answer?: { readonly status: number; readonly body: string }
}

/** Sends a request for each context that a profile may name; gives the headers that came, and what was made of the answers. */
async function deliverEach(
  owns: readonly (string | undefined)[],
  { settings = {}, answer: { status, body } = { status: 204, body: '' } }: Delivery = {},
) {
  const seen: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers)
    request.resume().on('end', () => response.writeHead(status).end(body))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  opened.push(() => new Promise(resolve => server.close(resolve)))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const main = { id: 'main', dialect: 'ngsi-ld', url, ...settings }
  const [destination] = configSchema.parse({ destinations: [main] }).destinations
  if (destination === undefined) throw new Error('expected a destination')
  const dialect = createNgsiLd({ destination, tenant: 'kranj', brokerTenant: 'mesto_kranj' })
  opened.push(() => dialect.close())
  const verdicts: Verdict[] = []
  for (const own of owns) {
    const entity = createEntity('urn:a:1', undefined, own)
    verdicts.push(await dialect.deliver([dialect.wrap(entity, () => {})]))
  }
  return { links: seen.map(({ link }) => link), seen, verdicts }
}

function toLink(context: string): string {
  return `<${context}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`
}

test('a request says the context of its entities by Link, and none where they have none', async () => {
  const { links } = await deliverEach([WEATHER, undefined, DEVICE])
  expect(links).toEqual([toLink(WEATHER), undefined, toLink(DEVICE)])
})

test('the context of the destination takes the place of those of the entities', async () => {
  const { links } = await deliverEach([WEATHER, undefined], { settings: { context: CITY } })
  expect(links).toEqual([toLink(CITY), toLink(CITY)])
})

test('a destination whose context is none gets no Link', async () => {
  const { links } = await deliverEach([WEATHER], { settings: { context: 'none' } })
  expect(links).toEqual([undefined])
})

test('a broker that cannot reach a @context is said to, with the address', async () => {
  const body = '{"type":"https://uri.etsi.org/ngsi-ld/errors/LdContextNotAvailable","title":"no"}'
  const { verdicts } = await deliverEach([WEATHER], { answer: { status: 503, body } })
  expect(verdicts).toEqual([{ kind: 'later', detail: `HTTP 503: ${body} (@context ${WEATHER})` }])
})

test('every request is application/json with the tenant of the broker and the login', async () => {
  const settings = { auth: { kind: 'bearer', token: 'abc' } }
  const { seen } = await deliverEach([WEATHER, undefined], { settings })
  expect(seen).toHaveLength(2)
  for (const headers of seen) {
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'ngsild-tenant': 'mesto_kranj',
      authorization: 'Bearer abc',
    })
  }
})
