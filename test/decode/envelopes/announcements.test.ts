import { describe, expect, test } from '@jest/globals'
import { compileDecoder, compileScriptDecoder } from '../../../src/decode/decode.ts'
import type { Message } from '../../../src/reading.ts'
import { createProfile, createProfileOf } from '../../profiles/sound-profile.ts'
import { createMessage, RECEIVED_AT } from '../create-message.ts'

type Raw = Readonly<Record<string, unknown>>

function decode(format: Raw, message: Message, attributes: Raw = {}) {
  return compileDecoder(createProfileOf({ t: { from: 't' }, ...attributes }, { decode: format }))(message)
}

describe('an announcement', () => {
  const READS_ONLINE = { state: { from: 'link.online' } }

  test.each([
    ['zigbee2mqtt/weather_sensor/availability', '{"state":"online"}', true],
    ['zigbee2mqtt/weather_sensor/availability', '{ "state": "offline" }', false],
    ['zigbee2mqtt/weather_sensor/availability', 'offline', false],
    ['tele/tasmota_3C71BF/LWT', 'Online', true],
    ['tele/tasmota_3C71BF/LWT', 'Offline', false],
    ['shellypro3em-bb/online', 'false', false],
    ['homie/5/super-car/$state', 'ready', true],
    ['homie/5/super-car/$state', 'lost', false],
    ['homie/super-car/$state', ' alert\n', true],
  ])('%s with %s says whether the device is there', (topic, payload, online) => {
    expect(decode({ json: {} }, createMessage(payload, topic), READS_ONLINE)).toEqual([
      { values: { link: { online } }, observedAt: RECEIVED_AT },
    ])
  })

  test.each(['homie/5/super-car/$description', 'homie/super-car/engine/$name'])(
    '%s says nothing of the sort and gives no reading',
    topic => {
      expect(decode({ json: {} }, createMessage('ready', topic), READS_ONLINE)).toEqual([])
    },
  )

  test('is not given to a codec script', async () => {
    const script = { source: 'function decodeUplink() { return { data: { n: 1 } } }' }
    const profile = createProfileOf(READS_ONLINE, { decode: { script } })
    const asked: string[] = []
    const decodeLater = compileScriptDecoder(profile, async (_codec, { bytes }) => {
      asked.push(bytes.toString('utf8'))
      return { n: 1 }
    })
    expect(await decodeLater(createMessage('ready', 'homie/5/car/$state'))).toEqual([
      { values: { link: { online: true } }, observedAt: RECEIVED_AT },
    ])
    expect(await decodeLater(createMessage('offline', 'zigbee2mqtt/plug/availability'))).toEqual([
      { values: { n: 1 }, observedAt: RECEIVED_AT },
    ])
    expect(asked).toEqual(['offline'])
    const deaf = compileScriptDecoder(createProfile({ decode: { script } }), async () => ({ n: 1 }))
    expect(await deaf(createMessage('ready', 'homie/5/car/$state'))).toEqual([])
  })

  test('gives no reading where the mapping does not ask', () => {
    const message = createMessage('{"state":"online"}', 'zigbee2mqtt/plug/availability')
    expect(decode({ json: {} }, message)).toEqual([])
  })

  test.each([
    ['zigbee2mqtt/plug/availability', '{"state":"ON"}', { state: 'ON' }],
    ['/key/d1/attrs/online', 'true', { online: true }],
    ['/key/d1/attrs/LWT', 'Online', { LWT: 'Online' }],
    ['/key/d1/attrs/availability', 'online', { availability: 'online' }],
    ['zigbee2mqtt/plug/availability', `{"state":"online"${' '.repeat(47)}}`, { state: 'online' }],
  ])('is not taken for one: %s with %s', (topic, payload, values) => {
    expect(decode({ json: {} }, createMessage(payload, topic))[0]?.values).toEqual(values)
  })

  test.each(['zigbee2mqtt/plug/availability', 'other/5/super-car/$state'])(
    'is none for a device of text: %s',
    topic => {
      expect(decode({ text: {} }, createMessage('online', topic))[0]?.values).toEqual({ value: 'online' })
    },
  )

  test('comes on topics of its own alone', () => {
    expect(() => decode({ json: {} }, createMessage('true', 'plug/d1/up'), READS_ONLINE)).toThrow(
      'expected a JSON object, got true',
    )
  })
})
