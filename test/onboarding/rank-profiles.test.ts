import { afterAll, describe, expect, test } from '@jest/globals'
import { describeLooks } from '../../src/onboarding/looks.ts'
import { ProfileTrials } from '../../src/onboarding/rank-profiles.ts'
import { toMessage } from '../../src/profiles/sample-message.ts'
import type { Message } from '../../src/reading.ts'
import { loadAllProfiles } from './test-onboarding.ts'

const profiles = loadAllProfiles()
/** Scripts need the built sandbox; they are tried with the running agent. */
const withoutScripts = [...profiles.values()].filter(({ decode }) => decode.script === undefined)
const trials = new ProfileTrials(async () => () => [])

afterAll(() => trials.close())

function createMessage(change: Partial<Message>): Message {
  const payload = Buffer.from('{}')
  return { tenant: 'kranj', device: 'x', topic: 'tromost/x/up', payload, receivedAt: 0, qos: 1, ...change }
}

function createUplink(content: object): Message {
  const topic = 'application/town/device/24e124136b322675/event/up'
  return createMessage({ topic, payload: Buffer.from(JSON.stringify(content)) })
}

async function rank(...messages: readonly Message[]) {
  return trials.rank(
    withoutScripts,
    messages.map((message, position) => ({ message, position })),
  )
}

describe('the profile of a device that nobody knows', () => {
  test('is among those that are offered for the samples of the profiles that ship, and first for most of them', async () => {
    const places: number[] = []
    for (const profile of withoutScripts) {
      const samples = profile.samples.filter(
        ({ before, entities }) => before.length === 0 && entities.length > 0,
      )
      if (profile.decode.sparkplug !== undefined) continue
      for (const sample of samples) {
        const offered = await rank(toMessage(sample))
        places.push(offered.findIndex(({ id }) => id === profile.id))
      }
    }
    const share = (isMeant: (place: number) => boolean) => places.filter(isMeant).length / places.length
    expect(share(place => place >= 0)).toBeGreaterThan(0.93)
    expect(share(place => place === 0)).toBeGreaterThan(0.8)
  })

  test('is told by several messages better than by one', async () => {
    const frame = (hex: string) =>
      createUplink({ fPort: 85, data: Buffer.from(hex, 'hex').toString('base64') })
    const [first] = await rank(frame('03673401046865'), frame('0367350104686600'))
    expect(first).toMatchObject({ decoded: 1, tried: 2 })
    const [better] = await rank(frame('03673401046865'), frame('03673501046866'))
    expect(better).toMatchObject({ decoded: 2, tried: 2, outOfRange: 0 })
  })

  test('comes first where the network server names it, whatever others make of the bytes', async () => {
    const data = Buffer.from('03673401046865', 'hex').toString('base64')
    const am107 = profiles.get('milesight-am107')
    if (am107 === undefined) throw new Error('expected the profile milesight-am107')
    const other = { ...am107, id: 'milesight-zz9', model: 'ZZ9', entities: am107.entities.slice(0, 1) }
    const offer = (deviceProfileName: string) => {
      const message = createUplink({ fPort: 85, data, deviceInfo: { deviceProfileName } })
      return trials.rank([am107, other], [{ message, position: 0 }])
    }
    expect((await offer('Indoor air'))[0]).toMatchObject({ id: 'milesight-am107', isNamed: false })
    expect((await offer('Milesight ZZ9, EU868'))[0]).toMatchObject({ id: 'milesight-zz9', isNamed: true })
  })

  test('is not guessed where nothing understands the bytes', async () => {
    expect(await rank(createMessage({ payload: Buffer.from('ffffffffffffffffffffffff', 'hex') }))).toEqual([])
  })
})

describe('a message looks like', () => {
  test('text, where all of it can be printed', () => {
    const message = createMessage({ payload: Buffer.from(`{"name":"Šola${'š'.repeat(200)}"}`) })
    expect(describeLooks(message)).toMatchObject({
      bytes: 416,
      text: expect.stringMatching(/^\{"name":"Šolašš[^\ufffd]*š$/u),
    })
  })

  test('bytes, of which the first are shown', () => {
    const looks = describeLooks(createMessage({ payload: Buffer.alloc(100, 1) }))
    expect(looks).toEqual({ topic: 'tromost/x/up', receivedAt: 0, bytes: 100, hex: '01'.repeat(64) })
  })

  test('the frame in the envelope of a network server, with its port and what that calls the device', () => {
    const chirpstack = createUplink({
      ...{ fPort: 85, data: 'A2c0AQ==', deviceInfo: { deviceProfileName: 'Milesight AM307' } },
    })
    expect(describeLooks(chirpstack).envelope).toEqual({
      ...{ name: 'an uplink of ChirpStack', hex: '03673401', bytes: 4, fPort: 85 },
      deviceType: 'Milesight AM307',
    })
    const version_ids = { brand_id: 'elsys', model_id: 'ers' }
    const payload = Buffer.from(
      JSON.stringify({ uplink_message: { f_port: 5, frm_payload: 'AQ==', version_ids } }),
    )
    const stack = createMessage({ topic: 'v3/town@ttn/devices/x/up', payload })
    expect(describeLooks(stack).envelope).toEqual({
      ...{ name: 'an uplink of The Things Stack', hex: '01', bytes: 1, fPort: 5, deviceType: 'elsys ers' },
    })
    expect(describeLooks(createUplink({ data: '!' })).envelope).toBeUndefined()
  })
})
