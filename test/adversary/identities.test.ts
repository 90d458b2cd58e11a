import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ensureBuilt, runTromost } from '../commands/run-tromost.ts'
import { AgentFolder } from '../support/agent-folder.ts'
import { toDestination } from '../support/town.ts'
import { CaseTown, writeCases } from './case-town.ts'

const LORAWAN = {
  decode: { channels: { '03 67': { t: { read: 'i16le', scale: 0.1 } } } },
  attributes: {
    t: { from: 't', unit: 'CEL' },
    rssi: { from: 'link.rssi', unit: 'DBM' },
    fCnt: { from: 'link.fCnt' },
  },
}
const NAMED = {
  decode: { json: {} },
  attributes: { name: { from: 'name' }, site: { from: 'site', kind: 'relationship' } },
}
/** What Orion does not take in values and ids (NGSI-LD, 4.6.4). */
const FORBIDDEN = `<>"'=;()`

let town: CaseTown

beforeAll(async () => {
  await ensureBuilt()
  town = await CaseTown.start({
    profiles: {
      'case-lorawan': LORAWAN,
      'case-named': NAMED,
      'case-gateway': { ...NAMED, entity: { id: 'urn:ngsi-ld:Thing:{reading.values.site}' } },
    },
    devices: {
      gateway: 'case-gateway',
      lora: 'case-lorawan',
      [`bin ${FORBIDDEN}`]: 'case-named',
      ...Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map(id => [id, 'case-named'])),
    },
    tenant: { groups: [{ apikey: 'any', profile: 'case-named', unknownDevices: 'create' }] },
  })
})

afterAll(() => town.close())

function uplink(fields: object): string {
  return JSON.stringify({ deduplicationId: 'd', fPort: 2, data: 'A2fXAA==', ...fields })
}

const UPLINK_TOPIC = 'application/a/device/lora/event/up'
const LORA = 'urn:ngsi-ld:Thing:lora'

describe('T55: an uplink', () => {
  const first = uplink({
    fCnt: 500,
    time: '2026-06-01T10:00:00Z',
    rxInfo: [
      { gatewayId: '1', rssi: -110 },
      { gatewayId: '2', rssi: -71 },
      { gatewayId: '3', rssi: -90 },
    ],
  })

  test('that three gateways heard is one reading, of the one that heard it best', async () => {
    expect((await town.send(UPLINK_TOPIC, first)).outcome).toBe('delivered')
    expect(town.getAttributes(LORA)).toMatchObject({ t: { value: 21.5 }, rssi: { value: -71 } })
    expect(town.broker.store.valuesOf(LORA, 't')).toEqual([21.5])
  })

  test('that comes twice is delivered once, and counted as a duplicate', async () => {
    const before = town.broker.store.get(LORA)
    expect((await town.send(UPLINK_TOPIC, first)).outcome).toBe('duplicates')
    expect(town.broker.store.get(LORA)).toEqual(before)
    expect(town.broker.store.valuesOf(LORA, 't')).toEqual([21.5])
  })

  test('of a device that counts from 0 again after it has joined anew is taken', async () => {
    const payload = uplink({
      ...{ deduplicationId: 'e', time: '2026-06-01T10:10:00Z' },
      ...{ data: 'A2fhAA==', rxInfo: [{ rssi: -80 }] },
    })
    expect((await town.send(UPLINK_TOPIC, payload)).outcome).toBe('delivered')
    expect(town.getAttributes(LORA)).toMatchObject({ t: { value: 22.5 }, fCnt: { value: 0 } })
  })
})

describe('T56: characters that some brokers refuse', () => {
  const id = 'urn:ngsi-ld:Thing:bin%20%3C%3E%22%27%3D%3B%28%29'

  test('are encoded in an id, and are what they are in a value of NGSI-LD', async () => {
    const name = `Parkirišče (pri šoli) ${FORBIDDEN}`
    await town.send(`tromost/bin ${FORBIDDEN}/up`, JSON.stringify({ name }))
    expect(town.getAttributes(id)).toMatchObject({ name: { value: name } })
  })

  test('cost a broker that refuses them one entity, and not the others of the batch', async () => {
    town.broker.behave({ kind: 'strict' })
    town.broker.refuse('urn:ngsi-ld:Thing:c', 'invalid character in name')
    const companions = Object.fromEntries(
      ['a', 'b', 'd', 'e'].map(device => [`tromost/${device}/up`, '{"name":"plain"}']),
    )
    const fate = await town.send('tromost/c/up', JSON.stringify({ name: FORBIDDEN }), companions)
    town.broker.behave({ kind: 'normal' })
    expect(fate).toMatchObject({
      outcome: 'quarantined',
      code: 'ENTITY_REFUSED',
      detail: expect.stringContaining('urn:ngsi-ld:Thing:c: '),
    })
    const arrived = ['a', 'b', 'c', 'd', 'e'].filter(device =>
      town.broker.store.has(`urn:ngsi-ld:Thing:${device}`),
    )
    expect(arrived).toEqual(['a', 'b', 'd', 'e'])
  })
})

describe('T57: an id that is made to be something else', () => {
  test('is refused where it is provisioned, each with its place', async () => {
    const ids = ['x/../y', 'x?y', 'x#y', 'x\ny', 'x\u202ey', ' x', '']
    const devices = Object.fromEntries(ids.map(id => [id, 'test-six']))
    expect(await check({ devices })).toEqual(
      ids.map((_, at) =>
        expect.stringMatching(
          new RegExp(`^provision.yaml: devices.${at + 1}.id: expected 1 to 128 characters that can be seen`),
        ),
      ),
    )
  })

  test.each(['x?y', 'x\u202ey', 'x\u200by', ' x'])(
    'is quarantined where a topic gives it: %j',
    async device => {
      const { outcome, code } = await town.send(`/any/${device}/attrs`, '{"name":"x"}')
      expect([outcome, code]).toEqual(['quarantined', 'DEVICE_UNKNOWN'])
    },
  )

  test.each([
    ['..', 'urn:ngsi-ld:Thing:..'],
    ['x y', 'urn:ngsi-ld:Thing:x%20y'],
    ['x%2Fy', 'urn:ngsi-ld:Thing:x%252Fy'],
    ['x&y', 'urn:ngsi-ld:Thing:x%26y'],
    ['žaba', 'urn:ngsi-ld:Thing:zaba'],
  ])('is made safe where it can be: %j', async (device, id) => {
    expect((await town.send(`/any/${device}/attrs`, '{"name":"x"}')).outcome).toBe('delivered')
    expect(town.broker.store.has(id)).toBe(true)
  })

  test('is made safe where a payload gives it, and quarantined where it is too long for one', async () => {
    await town.send('tromost/gateway/up', JSON.stringify({ name: 'x', site: 'x/../y?z#\n\u202e' }))
    expect(town.broker.store.has('urn:ngsi-ld:Thing:x%2F..%2Fy%3Fz%23%0A%E2%80%AE')).toBe(true)
    const site = 'x'.repeat(129)
    expect(await town.send('tromost/gateway/up', JSON.stringify({ name: 'x', site }))).toMatchObject({
      outcome: 'quarantined',
      code: 'MAP_FAILED',
    })
  })

  test('is made safe in a reference that a payload gives, or left out where it is none', async () => {
    await town.send('/any/refers/attrs', JSON.stringify({ name: 'x', site: 'urn:x:a/../b?c#d\n\u202e' }))
    expect(town.getAttributes('urn:ngsi-ld:Thing:refers')).toMatchObject({
      site: { object: 'urn:x:a%2F..%2Fb%3Fc%23d%0A%E2%80%AE' },
    })
    const omitted = await town.getOmitted()
    await town.send('/any/refers-not/attrs', JSON.stringify({ name: 'x', site: '../b' }))
    expect(Object.keys(town.getAttributes('urn:ngsi-ld:Thing:refers-not'))).toEqual(['name'])
    expect((await town.getOmitted()) - omitted).toBe(1)
  })
})

describe('T58: devices that would write into one entity', () => {
  const site = { id: 'urn:ngsi-ld:Site:{device.attributes.site}' }

  test('as different types are refused, both named', async () => {
    const faults = await check({
      profiles: {
        weather: { ...NAMED, entity: { type: 'WeatherObserved', ...site } },
        noise: { ...NAMED, entity: { type: 'NoiseLevelObserved', ...site } },
      },
      devices: {
        w: { profile: 'weather', attributes: { site: 7 } },
        n: { profile: 'noise', attributes: { site: 7 } },
      },
    })
    expect(faults).toEqual([
      'provision.yaml: devices.2.id: expected one type for each entity, got urn:ngsi-ld:Site:7' +
        ' as WeatherObserved from device "w" and as NoiseLevelObserved from device "n"',
    ])
  })

  test('because their ids differ in marks only are refused, both named', async () => {
    expect(await check({ devices: { žaba: 'test-six', zaba: 'test-six' } })).toEqual([
      'provision.yaml: devices.2.id: expected an id that gives entities of its own, got urn:ngsi-ld:WeatherObserved:zaba' +
        ' as WeatherObserved from device "žaba" and as WeatherObserved from device "zaba"',
    ])
  })
})

/** What `tromost check` says of such a town, a line for each fault. */
async function check(cases: Parameters<typeof writeCases>[1]): Promise<readonly string[]> {
  const folder = new AgentFolder()
  try {
    folder.writeConfig({ destinations: [toDestination('http://127.0.0.1:9', {})] })
    writeCases(folder, cases)
    const { code, stderr } = await runTromost(['check', '--config', 'tromost.yaml'], { cwd: folder.path })
    expect(code).toBe(1)
    return stderr.trimEnd().split('\n')
  } finally {
    folder.remove()
  }
}
