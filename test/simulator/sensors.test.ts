import { describe, expect, test } from '@jest/globals'
import { getFleet } from '../../src/simulator/fleet.ts'
import type { Profile, Sensor, Uplink } from '../../src/simulator/sensor.ts'
import { createLivingSensor } from '../../src/simulator/sensors.ts'
import { TOWN } from '../../src/simulator/town.ts'

const HOUR_MS = 3_600_000
/** A Thursday in January: ten in the morning in Ljubljana is nine in UTC. */
const THURSDAY = Date.UTC(2026, 0, 15)
const TEN_LOCAL = THURSDAY + 9 * HOUR_MS
const THREE_LOCAL = THURSDAY + 2 * HOUR_MS

const APPLICATION = 'application/5f0c9a3e-7b1d-4c52-9e86-2a41d7c03b18/device'

function getSensors(profile: Profile): Sensor[] {
  return TOWN.filter(sensor => sensor.profile === profile && sensor.fault === undefined)
}

function getSensor(profile: Profile): Sensor {
  const [sensor] = getSensors(profile)
  if (sensor === undefined) throw new Error(`the town has no ${profile}`)
  return sensor
}

function takeUplinks(sensor: Sensor, times: readonly number[], seed = 7): (Uplink | undefined)[] {
  const living = createLivingSensor(sensor, seed, times[0] ?? 0)
  return times.map(timeMs => living(timeMs))
}

function takeText(sensor: Sensor, timeMs = TEN_LOCAL): string {
  return takeUplinks(sensor, [timeMs])[0]?.payload.toString() ?? ''
}

function takeObject(profile: Profile, timeMs = TEN_LOCAL) {
  return JSON.parse(takeText(getSensor(profile), timeMs))
}

function every(stepMs: number, count: number, startMs = TEN_LOCAL): number[] {
  return Array.from({ length: count }, (_, index) => startMs + index * stepMs)
}

describe('payloads', () => {
  test('an Aqara sensor speaks as zigbee2mqtt does', () => {
    const sensor = getSensor('aqara-wsdcgq11lm')
    const [uplink] = takeUplinks(sensor, [TEN_LOCAL])
    expect(uplink?.topic).toBe('zigbee2mqtt/os_simona_jenka_ucilnica_3')
    expect(JSON.parse(uplink?.payload.toString() ?? '')).toEqual({
      battery: expect.any(Number),
      humidity: expect.any(Number),
      linkquality: expect.any(Number),
      pressure: expect.any(Number),
      temperature: expect.any(Number),
      voltage: expect.any(Number),
    })
  })

  test('a Shelly notifies of three phases, and the totals are the sums of the phases', () => {
    const sensor = getSensor('shelly-pro-3em')
    const [uplink] = takeUplinks(sensor, [TEN_LOCAL + 490])
    expect(uplink?.topic).toBe(`${sensor.device}/events/rpc`)
    const message = JSON.parse(uplink?.payload.toString() ?? '')
    expect(message).toMatchObject({ src: sensor.device, method: 'NotifyStatus' })
    expect(message.params.ts).toBe(TEN_LOCAL / 1000 + 0.49)
    const em = message.params['em:0']
    expect(em).toMatchObject({ id: 0, n_current: null, user_calibrated_phase: [] })
    expect(em.total_act_power).toBeCloseTo(em.a_act_power + em.b_act_power + em.c_act_power, 2)
    for (const phase of ['a', 'b', 'c']) {
      expect(em[`${phase}_voltage`]).toBeGreaterThan(220)
      expect(em[`${phase}_aprt_power`]).toBeGreaterThanOrEqual(em[`${phase}_act_power`])
    }
  })

  test('a Multical speaks as wmbusmeters does, and its total only grows', () => {
    const sensor = getSensor('kamstrup-multical-21')
    const uplinks = takeUplinks(sensor, every(HOUR_MS, 24))
    expect(uplinks[0]?.topic).toBe('wmbusmeters/76351204')
    const readings = uplinks.map(uplink => JSON.parse(uplink?.payload.toString() ?? ''))
    expect(readings[0]).toMatchObject({ _: 'telegram', media: 'cold water', id: '76351204', status: 'OK' })
    expect(readings[0].timestamp).toBe('2026-01-15T09:00:00Z')
    const totals = readings.map(reading => reading.total_m3)
    expect(totals).toEqual(totals.toSorted((one, other) => one - other))
    expect(totals.at(-1)).toBeGreaterThan(totals[0])
  })

  test('a Sonoff with Tasmota writes local time without a zone, in winter and in summer', () => {
    const sensor = getSensor('sonoff-pow-r2')
    expect(takeUplinks(sensor, [TEN_LOCAL])[0]?.topic).toBe('tele/tasmota_3C71BF/SENSOR')
    expect(takeObject('sonoff-pow-r2').Time).toBe('2026-01-15T10:00:00')
    expect(takeObject('sonoff-pow-r2', Date.UTC(2026, 6, 15, 8)).Time).toBe('2026-07-15T10:00:00')
    expect(Object.keys(takeObject('sonoff-pow-r2').ENERGY)).toEqual([
      'TotalStartTime',
      'Total',
      'Yesterday',
      'Today',
      'Period',
      'Power',
      'ApparentPower',
      'ReactivePower',
      'Factor',
      'Voltage',
      'Current',
    ])
  })

  test('a Sonoff counts a new day from zero and remembers the one before', () => {
    const uplinks = takeUplinks(getSensor('sonoff-pow-r2'), every(HOUR_MS / 4, 4 * 24))
    const energies = uplinks.map(uplink => JSON.parse(uplink?.payload.toString() ?? '').ENERGY)
    const lastOfDay = energies.findIndex(energy => energy.Yesterday !== energies[0].Yesterday) - 1
    expect(energies[lastOfDay + 1].Today).toBeLessThan(energies[lastOfDay].Today)
    expect(energies[lastOfDay + 1].Yesterday).toBe(energies[lastOfDay].Today)
  })

  test('a water level is a number as text and nothing else', () => {
    const sensor = getSensor('generic-water-level')
    const [uplink] = takeUplinks(sensor, [TEN_LOCAL])
    expect(uplink?.topic).toBe('tromost/vodostaj-rupovscica/up')
    expect(uplink?.payload.toString()).toMatch(/^\d\.\d\d$/)
  })

  test('a LoRaWAN sensor comes in the uplink event of ChirpStack v4', () => {
    const sensor = getSensor('milesight-ws302')
    const [first, second] = takeUplinks(sensor, every(1000, 2))
    expect(first?.topic).toBe(`${APPLICATION}/${sensor.device}/event/up`)
    const event = JSON.parse(first?.payload.toString() ?? '')
    expect(event).toMatchObject({ fPort: 85, deviceInfo: { devEui: sensor.device, deviceName: sensor.name } })
    expect(event.time).toMatch(/^2026-01-15T09:00:00\.000\d{6}\+00:00$/)
    expect(event.deduplicationId).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    expect(event.rxInfo[0]).toMatchObject({ rssi: expect.any(Number), snr: expect.any(Number) })
    expect(event).not.toHaveProperty('fCnt')
    expect(JSON.parse(second?.payload.toString() ?? '').fCnt).toBe(1)
  })
})

describe('frames hold the bytes that the object was decoded from', () => {
  const getBytes = (event: { data: string }) => Buffer.from(event.data, 'base64')

  test('Nwave NPS405: bit 7 is the state, the others are the minutes before', () => {
    const event = takeObject('nwave-nps405')
    const [byte = 0] = getBytes(event)
    expect(event.object.type).toBe('parking_status')
    expect(byte >= 0x80).toBe(event.object.occupied)
    if (event.object.previous_state_duration < 90) {
      expect(byte & 0x7f).toBe(event.object.previous_state_duration)
    }
  })

  test('Nwave NPS405: now and then a heartbeat comes on port 2', () => {
    const uplinks = takeUplinks(getSensor('nwave-nps405'), every(1000, 60))
    const events = uplinks.map(uplink => JSON.parse(uplink?.payload.toString() ?? ''))
    const heartbeat = events.find(event => event.fPort === 2)
    expect(heartbeat.object).toMatchObject({ type: 'heartbeat', hw_health_status: 0 })
    const bytes = getBytes(heartbeat)
    expect((2500 + 4 * bytes.readUInt8(1)) / 1000).toBe(heartbeat.object.battery_voltage)
    expect(bytes.readInt8(2) / 2 + 10).toBe(heartbeat.object.temperature)
  })

  test('Decentlab DL-PM: sixteen-bit words, big endian', () => {
    const event = takeObject('decentlab-dl-pm')
    const bytes = getBytes(event)
    expect(bytes.length).toBe(33)
    expect(bytes.readUInt16BE(1)).toBe(event.object.device_id)
    expect(bytes.readUInt16BE(5) / 1000).toBe(event.object.battery_voltage.value)
    expect(event.object.pm2_5_mass_concentration).toEqual({
      displayName: 'PM2.5 mass concentration',
      unit: 'µg⋅m⁻³',
      value: bytes.readUInt16BE(9) / 10,
    })
    expect(event.object.barometric_pressure.value).toBe(bytes.readUInt16BE(31) * 2)
    expect(event.object.air_temperature.value).toBeCloseTo((175.72 * bytes.readUInt16BE(27)) / 65536 - 46.85)
  })

  test('Milesight WS302: tenths of a decibel, little endian', () => {
    const { data, object } = takeObject('milesight-ws302')
    const bytes = getBytes({ data })
    expect(bytes.subarray(3, 6).toString('hex')).toBe('055b05')
    expect([6, 8, 10].map(offset => bytes.readUInt16LE(offset) / 10)).toEqual([
      object.LAF,
      object.LAeq,
      object.LAFmax,
    ])
  })

  test('Milesight EM400-MUD: battery, temperature, distance, position', () => {
    const { data, object } = takeObject('milesight-em400-mud')
    const bytes = getBytes({ data })
    expect(Object.keys(object)).toEqual(['battery', 'temperature', 'distance', 'position'])
    expect(bytes.readInt16LE(5) / 10).toBe(object.temperature)
    expect(bytes.readUInt16LE(9)).toBe(object.distance)
    expect(object.distance).toBeLessThanOrEqual(1300)
  })

  test('Decentlab DL-MBX: distance, samples, battery', () => {
    const { data, object } = takeObject('decentlab-dl-mbx')
    const bytes = getBytes({ data })
    expect(bytes.readUInt16BE(5)).toBe(object.distance.value)
    expect(bytes.readUInt16BE(7)).toBe(object.number_of_valid_samples.value)
    expect(bytes.readUInt16BE(9) / 1000).toBe(object.battery_voltage.value)
  })

  test('Milesight VS133: four lines, each with its totals and its period', () => {
    const { data, object } = takeObject('milesight-vs133')
    const bytes = getBytes({ data })
    expect(bytes.length).toBe(72)
    expect([0, 6, 12, 18].map(offset => bytes.subarray(offset, offset + 2).toString('hex'))).toEqual([
      '03d2',
      '04d2',
      '05cc',
      '06d2',
    ])
    expect(bytes.readUInt32LE(2)).toBe(object.line_1_total_in)
    expect(bytes.readUInt16LE(16)).toBe(object.line_1_period_out)
    expect(Object.keys(object)).toHaveLength(16)
  })

  test('Dragino LSE01: numbers as text, as its codec gives them', () => {
    const { data, fPort, object } = takeObject('dragino-lse01')
    const bytes = getBytes({ data })
    expect(fPort).toBe(2)
    expect((bytes.readUInt16BE(0) & 0x3fff) / 1000).toBe(object.Bat)
    expect((bytes.readInt16BE(2) / 10).toFixed(1)).toBe(object.TempC_DS18B20)
    expect((bytes.readUInt16BE(4) / 100).toFixed(2)).toBe(object.water_SOIL)
    expect((bytes.readInt16BE(6) / 100).toFixed(2)).toBe(object.temp_SOIL)
    expect(bytes.readUInt16BE(8)).toBe(object.conduct_SOIL)
  })
})

describe('behaviour over time', () => {
  const getValue = (text: string | undefined) => JSON.parse(text ?? '')

  test('the same seed gives the same uplinks, another seed others', () => {
    const times = every(60_000, 5)
    for (const sensor of getFleet(50)) {
      expect(takeUplinks(sensor, times, 3)).toEqual(takeUplinks(sensor, times, 3))
      expect(takeUplinks(sensor, times, 3)).not.toEqual(takeUplinks(sensor, times, 4))
    }
  })

  test('noon is warmer than five in the morning', () => {
    for (const profile of ['aqara-wsdcgq11lm', 'decentlab-dl-pm'] as const) {
      const [early, noon] = takeUplinks(getSensor(profile), [THURSDAY + 4 * HOUR_MS, THURSDAY + 11 * HOUR_MS])
      const getTemperature = (uplink: Uplink | undefined) => {
        const value = getValue(uplink?.payload.toString())
        return value.temperature ?? value.object.air_temperature.value
      }
      expect(getTemperature(noon)).toBeGreaterThan(getTemperature(early))
    }
  })

  test('parking is fuller at ten than at three in the night', () => {
    const spaces = getFleet(1000).filter(sensor => sensor.profile === 'nwave-nps405')
    const counts = [THREE_LOCAL, TEN_LOCAL].map(
      timeMs => spaces.filter(space => getValue(takeText(space, timeMs)).object.occupied).length,
    )
    expect(counts[0]).toBeLessThan(0.4 * spaces.length)
    expect(counts[1]).toBeGreaterThan(0.7 * spaces.length)
  })

  test('street lighting draws power at night, the town hall by day', () => {
    const [hall, lighting] = getSensors('shelly-pro-3em')
    if (hall === undefined || lighting === undefined) throw new Error('the town has too few meters')
    const getWatts = (sensor: Sensor, timeMs: number) =>
      getValue(takeText(sensor, timeMs)).params['em:0'].total_act_power
    expect(getWatts(lighting, THREE_LOCAL)).toBeGreaterThan(10 * getWatts(lighting, TEN_LOCAL))
    expect(getWatts(hall, TEN_LOCAL)).toBeGreaterThan(3 * getWatts(hall, THREE_LOCAL))
  })

  test('more people cross the square by day than at night', () => {
    const counter = getSensor('milesight-vs133')
    const getPeople = (timeMs: number) => getValue(takeText(counter, timeMs)).object.line_1_period_in
    expect(getPeople(TEN_LOCAL)).toBeGreaterThan(getPeople(THREE_LOCAL))
  })

  test('a battery sinks, and is changed before it is empty', () => {
    const uplinks = takeUplinks(getSensor('aqara-wsdcgq11lm'), every(1000, 12_000))
    const levels = uplinks.map(uplink => getValue(uplink?.payload.toString()).battery)
    expect(levels[2000]).toBeLessThan(levels[0])
    expect(Math.min(...levels)).toBe(5)
    expect(Math.max(...levels.slice(levels.indexOf(5)))).toBe(100)
  })

  test('a drift is slow: ten seconds change a room by less than a degree', () => {
    const uplinks = takeUplinks(getSensor('aqara-wsdcgq11lm'), every(10_000, 200))
    const values = uplinks.map(uplink => getValue(uplink?.payload.toString()).temperature)
    const steps = values.slice(1).map((value, index) => Math.abs(value - values[index]))
    expect(Math.max(...steps)).toBeLessThan(1)
  })

  test('the sensor that falls silent speaks for three minutes and never again', () => {
    const silent = TOWN.find(sensor => sensor.fault === 'silent')
    if (silent === undefined) throw new Error('no sensor falls silent')
    const uplinks = takeUplinks(silent, every(30_000, 20))
    expect(uplinks.slice(0, 7)).not.toContain(undefined)
    expect(uplinks.slice(7)).toEqual(Array.from({ length: 13 }))
  })

  test('the sensor that talks nonsense sends half a document, words, wild values and nothing, in turn', () => {
    const confused = TOWN.find(sensor => sensor.fault === 'nonsense')
    if (confused === undefined) throw new Error('no sensor talks nonsense')
    const [half, words, wild, empty] = takeUplinks(confused, every(1000, 4)).map(
      uplink => uplink?.payload.toString() ?? 'missing',
    )
    expect(half).toMatch(/^\{"battery":\d+/)
    expect(() => JSON.parse(half ?? '')).toThrow(SyntaxError)
    expect(words).toBe('ERR: sensor timeout')
    expect(getValue(wild)).toMatchObject({ temperature: 65535, humidity: 65535 })
    expect(empty).toBe('')
  })

  test('all values stay within what the makers state, over a year', () => {
    const times = every(37 * HOUR_MS, 236, Date.UTC(2026, 0, 1))
    for (const sensor of getFleet(44).filter(({ fault }) => fault === undefined)) {
      const texts = takeUplinks(sensor, times).map(uplink => uplink?.payload.toString() ?? '')
      expect(texts.join()).not.toMatch(/NaN|Infinity|undefined/)
    }
    const climate = takeUplinks(getSensor('aqara-wsdcgq11lm'), times)
    for (const { temperature, humidity } of climate.map(uplink => getValue(uplink?.payload.toString()))) {
      expect(temperature).toBeGreaterThan(10)
      expect(temperature).toBeLessThan(32)
      expect(humidity).toBeLessThanOrEqual(100)
    }
  })
})
