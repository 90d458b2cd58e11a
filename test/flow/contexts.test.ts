import { afterEach, expect, test } from '@jest/globals'
import { toLink } from '../../src/uplink/context.ts'
import { connect } from '../support/sensor.ts'
import { GATEWAY, TENANT, Town } from '../support/town.ts'

const WEATHER = 'https://example.org/weather.jsonld'
const DEVICE = 'https://example.org/device.jsonld'
const CITY = 'https://example.org/city.jsonld'

/** One message, two entities of two models: what is measured, and the device. */
const PROFILE = {
  id: 'test-models',
  vendor: 'Tromost',
  model: 'Test sensor of two models',
  description: { en: 'Test sensor whose entities are of two models', sl: 'Preskusni senzor dveh modelov' },
  source: 'made for this test',
  interval: '10m',
  decode: { json: {} },
  entities: [
    {
      type: 'WeatherObserved',
      context: WEATHER,
      attributes: { temperature: { from: 'temperature', unit: 'CEL' } },
    },
    { type: 'Device', context: DEVICE, attributes: { batteryLevel: { from: 'battery', scale: 0.01 } } },
  ],
  samples: [{ name: 'neither', payload: { json: {} }, device: { id: 'six-1' }, entities: [] }],
}

let town: Town

afterEach(() => town.close())

/** Each of three devices sends one message, of which two entities of two models are made. */
async function sendThree(
  context: string | undefined,
  profile = PROFILE,
  config: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  town = await Town.start({
    deviceCount: 3,
    profile: profile.id,
    destination: { context },
    config,
    files: { 'profiles/test-models.yaml': profile },
  })
  const client = await connect({ url: town.agent.mqttUrl, ...GATEWAY })
  for (const device of town.devices) {
    await client.publishAsync(`tromost/${device}/up`, '{"temperature":21.5,"battery":90}', { qos: 1 })
  }
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 3, delivered: 3 })
  await client.endAsync()
}

/** The ids that came, in all requests with this Link. */
function idsUnder(context: string): readonly string[] {
  return town.broker.requests
    .filter(({ link }) => link === toLink(context))
    .flatMap(({ ids }) => ids)
    .sort()
}

test('entities of two models arrive each under the context of its own', async () => {
  await sendThree(undefined)
  expect(idsUnder(WEATHER)).toEqual(
    ['six-1', 'six-2', 'six-3'].map(device => `urn:ngsi-ld:WeatherObserved:${device}`),
  )
  expect(idsUnder(DEVICE)).toEqual(['six-1', 'six-2', 'six-3'].map(device => `urn:ngsi-ld:Device:${device}`))
  expect(town.broker.requests.flatMap(({ ids }) => ids)).toHaveLength(6)
  expect(town.broker.faults).toEqual([])
})

test('all entities arrive under the context of the destination where it has one', async () => {
  await sendThree(CITY)
  expect(idsUnder(CITY)).toHaveLength(6)
  expect(town.broker.requests.flatMap(({ ids }) => ids)).toHaveLength(6)
  expect(town.broker.faults).toEqual([])
})

test('a destination that wants hosted contexts is sent to those of the agent, which has the names of each model', async () => {
  const models = 'https://smart-data-models.github.io/dataModel'
  const [weather, device] = PROFILE.entities.map((entity, index) => ({
    ...entity,
    context: `${models}.${index === 0 ? 'Weather' : 'Device'}/context.jsonld`,
  }))
  const http = { port: 0, publicUrl: 'http://tromost.test:4041/' }
  await sendThree('hosted', { ...PROFILE, entities: [weather, device] } as typeof PROFILE, { http })
  const path = '/contexts/dataModel.Weather.jsonld'
  expect(idsUnder(`http://tromost.test:4041${path}`)).toEqual(
    ['six-1', 'six-2', 'six-3'].map(id => `urn:ngsi-ld:WeatherObserved:${id}`),
  )
  expect(idsUnder('http://tromost.test:4041/contexts/dataModel.Device.jsonld')).toHaveLength(3)
  expect(await town.agent.get(path)).toMatchObject({
    status: 200,
    body: { '@context': { temperature: 'https://smartdatamodels.org/dataModel.Weather/temperature' } },
  })
  expect(town.broker.faults).toEqual([])
})
