import { describe, expect, test } from '@jest/globals'
import { compileDecoder } from '../../../src/decode/decode.ts'
import { openEnvelope } from '../../../src/decode/envelopes.ts'
import type { Message } from '../../../src/reading.ts'
import { createProfile, createProfileOf } from '../../profiles/sound-profile.ts'
import { createMessage, createUplink, RECEIVED_AT } from '../create-message.ts'
import { decodePart } from '../format-suite.ts'

type Raw = Readonly<Record<string, unknown>>

const CHANNELS = { channels: { '01 75': { battery: 'u8' } } }
const BATTERY = Buffer.from('017564', 'hex')
const READS_LINK = { signal: { from: 'link.rssi' } }

function decode(format: Raw, message: Message, attributes?: Raw) {
  const profile =
    attributes === undefined
      ? createProfile({ decode: format })
      : createProfileOf(attributes, { decode: format })
  return compileDecoder(profile)(message)
}

const HEARD_AT = Date.parse('2026-01-14T12:00:00.775Z')

describe('an uplink of ChirpStack', () => {
  test('gives its bytes, observed when the gateway heard them', () => {
    expect(decode(CHANNELS, createUplink(BATTERY, 85))).toEqual([
      {
        values: { battery: 100 },
        observedAt: HEARD_AT,
        identity: { frame: '7 AXVk', heardAt: HEARD_AT },
      },
    ])
  })

  test('is told from others by its id, its frame counter and its bytes, also for the format json', () => {
    const topic = 'application/a/device/d1/event/up'
    const uplink = { deduplicationId: '3ac7', time: '2026-01-14T12:00:00.775Z', fCnt: 12, data: 'AXVk' }
    const message = createMessage(JSON.stringify({ ...uplink, object: { battery: 1 } }), topic)
    const identity = { id: '3ac7', frame: '12 AXVk', heardAt: HEARD_AT }
    expect(decode(CHANNELS, message)[0]?.identity).toEqual(identity)
    expect(decode({ json: { path: 'object' } }, message)[0]?.identity).toEqual(identity)
  })

  test('gives signal, port and counter of the frame where the mapping reads them', () => {
    expect(decode(CHANNELS, createUplink(BATTERY, 85), READS_LINK)[0]?.values).toEqual({
      battery: 100,
      link: { rssi: -36, snr: 10.5, fPort: 85, fCnt: 7 },
    })
  })

  test('without port and counter has 0, because zeros are left out', () => {
    const topic = 'application/17c82e96/device/0101010101010101/event/up'
    const message = createMessage('{"data":"AXVk","rxInfo":[]}', topic)
    expect(decode(CHANNELS, message, READS_LINK)[0]?.values['link']).toEqual({
      rssi: undefined,
      snr: undefined,
      fPort: 0,
      fCnt: 0,
    })
  })

  test('is recognised behind a prefix of the topic', () => {
    const topic = 'kranj/application/a/device/0101010101010101/event/up'
    expect(decode(CHANNELS, createMessage('{"data":"AXVk"}', topic))[0]?.values).toEqual({ battery: 100 })
  })

  test('is not what ends alike and comes from elsewhere', () => {
    expect(decode(CHANNELS, createMessage(BATTERY, 'kranj/d1/event/up'))[0]?.values).toEqual({ battery: 100 })
  })

  test('stays whole for the format json, which reads what the server decoded', () => {
    const topic = 'application/a/device/0101010101010101/event/up'
    const message = createMessage('{"data":"AXVk","fPort":85,"object":{"battery":100}}', topic)
    const format = { json: { path: 'object' } }
    expect(decode(format, message)).toMatchObject([{ values: { battery: 100 }, observedAt: RECEIVED_AT }])
    expect(decode(format, message, READS_LINK)[0]?.values).toMatchObject({
      battery: 100,
      link: { fPort: 85 },
    })
  })

  test('needs no bytes where the format json reads its object', () => {
    const topic = 'application/a/device/0101010101010101/event/up'
    const message = createMessage('{"rxInfo":[{"rssi":-80}],"object":{"battery":100}}', topic)
    expect(decode({ json: { path: 'object' } }, message, READS_LINK)[0]?.values).toMatchObject({
      battery: 100,
      link: { rssi: -80 },
    })
  })

  test.each([
    ['{}', 'an uplink of ChirpStack with base64 at data, got {}'],
    ['{"data":"a b"}', 'an uplink of ChirpStack with base64 at data, got {"data":"a b"}'],
    ['{"data":"AXVkA"}', 'an uplink of ChirpStack with base64 at data, got {"data":"AXVkA"}'],
    ['{"data":"A=="}', 'an uplink of ChirpStack with base64 at data, got {"data":"A=="}'],
    ['{"data":1}', 'an uplink of ChirpStack with base64 at data, got {"data":1}'],
    ['{"data":""}', 'more than 0 bytes, got nothing'],
    ['017564', 'JSON (broken at byte 0), got 017564'],
  ])('refuses %j', (payload, problem) => {
    const message = createMessage(payload, 'application/a/device/b/event/up')
    expect(() => decode(CHANNELS, message)).toThrow(`DECODE_FAILED: expected ${problem}`)
  })
})

describe('an uplink of The Things Stack', () => {
  test('gives bytes, time, port and signal', () => {
    const uplink = {
      received_at: '2026-01-14T12:00:01Z',
      uplink_message: {
        f_port: 85,
        frm_payload: 'AXVk',
        received_at: '2026-01-14T12:00:00.5Z',
        rx_metadata: [{ rssi: -70, snr: 3 }, { rssi: -90 }],
      },
    }
    const message = createMessage(JSON.stringify(uplink), 'v3/foo-app@tenant/devices/foo-device/up')
    expect(decode(CHANNELS, message, READS_LINK)).toMatchObject([
      {
        values: { battery: 100, link: { rssi: -70, snr: 3, fPort: 85, fCnt: 0 } },
        observedAt: Date.parse('2026-01-14T12:00:00.5Z'),
      },
    ])
  })
})

describe('an envelope that the profile describes', () => {
  const envelope = {
    bytes: 'DevEUI_uplink.payload_hex',
    encoding: 'hex',
    fPort: 'DevEUI_uplink.FPort',
    observedAt: 'DevEUI_uplink.Time',
    rssi: 'DevEUI_uplink.LrrRSSI',
  }

  test('gives what its paths lead to, numbers as text too', () => {
    const uplink = {
      DevEUI_uplink: {
        Time: '2026-01-14T13:00:00.882+01:00',
        FPort: '85',
        payload_hex: '017564',
        LrrRSSI: '-81.5',
      },
    }
    const message = createMessage(JSON.stringify(uplink), 'mqtt/things/A1/uplink')
    expect(decode({ envelope, ...CHANNELS }, message, READS_LINK)).toEqual([
      {
        values: { battery: 100, link: { rssi: -81.5, snr: undefined, fPort: 85 } },
        observedAt: Date.parse('2026-01-14T12:00:00.882Z'),
      },
    ])
  })

  test('may hold JSON in its bytes', () => {
    const message = createMessage('{"data":"eyJ0IjoxfQ=="}', 'any/topic')
    expect(decode({ envelope: { bytes: 'data' }, json: {} }, message)[0]?.values).toEqual({ t: 1 })
  })

  test.each(['{}', '{"DevEUI_uplink":{"payload_hex":"01x"}}', '{"DevEUI_uplink":{"payload_hex":12}}'])(
    'refuses a message without them: %s',
    payload => {
      expect(() => decode({ envelope, ...CHANNELS }, createMessage(payload))).toThrow(
        `expected an envelope with hex at DevEUI_uplink.payload_hex, got ${payload}`,
      )
    },
  )
})

describe('the link of a message', () => {
  const envelope = { bytes: 'data', gateways: 'heard', rssi: 'rssi', snr: 'snr' }
  const linkOf = (heard: unknown) => {
    const message = createMessage(JSON.stringify({ data: 'AXVk', heard }), 'any/topic')
    return decode({ envelope, ...CHANNELS }, message, READS_LINK)[0]?.values['link']
  }

  test('is that of the gateway that heard best, and of two alike the first', () => {
    expect(linkOf([{ rssi: -80 }, { rssi: -70, snr: 1 }, { rssi: -70, snr: 2 }, { snr: 9 }])).toEqual({
      rssi: -70,
      snr: 1,
    })
  })

  test.each([[true], ['strong'], [{}]])('has no signal where a gateway says %j', rssi => {
    expect(linkOf([{ rssi, snr: 3 }])).toEqual({ rssi: undefined, snr: undefined })
  })

  test('has no port and no counter where the envelope has none', () => {
    expect(linkOf('nobody')).toStrictEqual({ rssi: undefined, snr: undefined })
  })

  test('is not there without an envelope', () => {
    expect(decode({ json: {} }, createMessage('{"t":1}'), READS_LINK)).toStrictEqual([
      { values: { t: 1 }, observedAt: RECEIVED_AT },
    ])
  })

  test('is given with the part of a message that could be read', () => {
    const message = createUplink(Buffer.from('017564ff', 'hex'), 85)
    const profile = createProfileOf(READS_LINK, { decode: CHANNELS })
    expect(decodePart(() => compileDecoder(profile)(message))).toMatchObject({
      readings: [
        {
          values: { battery: 100, link: { rssi: -36, snr: 10.5, fPort: 85, fCnt: 7 } },
          observedAt: Date.parse('2026-01-14T12:00:00.775Z'),
        },
      ],
      fault: 'DECODE_PARTIAL: expected a known channel at 3 instead of ff, got bytes 017564ff',
    })
  })
})

describe('a message that people look into', () => {
  test('is told with the name of its envelope, its bytes and its way', () => {
    const { decode: format } = createProfile({ decode: CHANNELS })
    expect(openEnvelope(format, createUplink(BATTERY, 85))).toMatchObject({
      name: 'an uplink of ChirpStack',
      payload: BATTERY,
      link: { rssi: -36, snr: 10.5, fPort: 85, fCnt: 7 },
    })
    expect(openEnvelope(format, createMessage(BATTERY))).toMatchObject({ name: undefined, payload: BATTERY })
  })

  test('is in the envelope that the profile describes, whatever its topic', () => {
    const { decode: format } = createProfile({ decode: { envelope: { bytes: 'data' }, ...CHANNELS } })
    expect(openEnvelope(format, createUplink(BATTERY, 85))).toMatchObject({
      name: 'the envelope that the profile describes',
      payload: BATTERY,
    })
  })
})
