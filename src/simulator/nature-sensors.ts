/** Sensors of air, water and soil. */
import type { Frame } from './chirpstack.ts'
import type { CreateReader, Moment } from './sensor.ts'
import {
  clamp,
  getAirHumidity,
  getAirPressure,
  getAirTemperature,
  getSunHeight,
  getTraffic,
  getWeather,
} from './town-life.ts'

/** Decentlab DL-PM: particles, temperature, humidity and pressure, each with its unit and a name for display. */
export const createAirMonitor: CreateReader<Frame> = (_sensor, random) => {
  const deviceNumber = 5000 + random.below(5000)
  return moment => {
    const mass = getParticleMass(moment, random.normal())
    const words = [
      Math.round(10 * mass.pm1),
      Math.round(10 * mass.pm25),
      Math.round(10 * mass.pm4),
      Math.round(10 * mass.pm10),
      Math.round(500 + 30 * moment.drift),
      ...[60, 68, 72, 72, 73].map(share => Math.round((10 * mass.pm25 * share) / 9)),
      Math.round(((getAirTemperature(moment.timeMs) + 0.4 * moment.drift + 46.85) * 65536) / 175.72),
      Math.round(((getAirHumidity(moment.timeMs) + 6) * 65536) / 125),
      Math.round((getAirPressure(moment.timeMs) * 100) / 2),
    ]
    const bytes = toDecentlabBytes(deviceNumber, 0x000f, [getMillivolts(moment), ...words])
    return { fPort: 1, bytes, object: getAirObject(deviceNumber, getMillivolts(moment), words) }
  }
}

/** Decentlab DL-MBX: the distance from a bridge down to the river, in millimetres. */
export const createRiverGauge: CreateReader<Frame> = (sensor, random) => {
  const datumMetres = Number(sensor.attributes['referenceLevel'] ?? 5)
  return moment => {
    const levelMetres = 0.28 * datumMetres - 0.35 * getWeather(moment.timeMs) + 0.08 * moment.drift
    const distance = Math.round(1000 * (datumMetres - levelMetres) + 4 * random.normal())
    const samples = 8 + random.below(3)
    const deviceNumber = Number.parseInt(sensor.device.slice(-4), 16)
    return {
      fPort: 1,
      bytes: toDecentlabBytes(deviceNumber, 0x0003, [distance, samples, getMillivolts(moment)]),
      object: {
        battery_voltage: toMeasure('Battery voltage', 'V', getMillivolts(moment) / 1000),
        device_id: deviceNumber,
        distance: toMeasure('Distance', 'mm', distance),
        number_of_valid_samples: { displayName: 'Number of valid samples', value: samples },
        protocol_version: 2,
      },
    }
  }
}

/** A level in metres as text, and nothing else. */
export const createWaterLevel: CreateReader<string> = (_sensor, random) => {
  const usual = random.between(0.6, 1.6)
  return moment => {
    const level = usual - 0.2 * getWeather(moment.timeMs) + 0.06 * moment.drift + 0.004 * random.normal()
    return Math.max(0, level).toFixed(2)
  }
}

/** Dragino LSE01: soil moisture, temperature and conductivity; its codec gives numbers as text. */
export const createSoilProbe: CreateReader<Frame> = (_sensor, random) => {
  const usualMoisture = random.between(22, 34)
  return moment => {
    const moisture = clamp(usualMoisture - 6 * getWeather(moment.timeMs) + moment.drift, 3, 60)
    const soil = 10 + 0.55 * (getAirTemperature(moment.timeMs) - 10) + 0.3 * moment.drift
    const air = getAirTemperature(moment.timeMs) + 3 * Math.max(0, getSunHeight(moment.timeMs))
    const conductivity = Math.round(120 + 9 * moisture + 5 * random.normal())
    const bytes = Buffer.alloc(11)
    bytes.writeUInt16BE(0xc000 | getMillivolts(moment), 0)
    bytes.writeInt16BE(Math.round(10 * air), 2)
    bytes.writeUInt16BE(Math.round(100 * moisture), 4)
    bytes.writeInt16BE(Math.round(100 * soil), 6)
    bytes.writeUInt16BE(conductivity, 8)
    bytes.writeUInt8(0x10, 10)
    return {
      fPort: 2,
      bytes,
      object: {
        Bat: getMillivolts(moment) / 1000,
        TempC_DS18B20: air.toFixed(1),
        conduct_SOIL: conductivity,
        temp_SOIL: soil.toFixed(2),
        water_SOIL: moisture.toFixed(2),
      },
    }
  }
}

/** Lithium cells hold 3.6 V when new; at 2.9 V someone has to come. */
function getMillivolts(moment: Moment): number {
  return Math.round(2900 + 700 * moment.charge)
}

/** Micrograms per cubic metre: cars by day, stoves on cold evenings, and all of it stays under the fog of a high. */
function getParticleMass(moment: Moment, noise: number) {
  const cold = clamp((12 - getAirTemperature(moment.timeMs)) / 20, 0, 1)
  const evening = Math.exp(-0.5 * ((moment.local.hour - 20) / 3) ** 2)
  const base = 7 + 3 * getWeather(moment.timeMs) + 6 * getTraffic(moment.local) + 22 * cold * (0.4 + evening)
  const pm25 = Math.max(1, base + 1.5 * moment.drift + 0.4 * noise)
  return { pm1: 0.8 * pm25, pm25, pm4: 1.15 * pm25, pm10: 1.35 * pm25 }
}

/** Version 2, device number, which groups follow, then 16-bit words, all big endian. */
function toDecentlabBytes(deviceNumber: number, groups: number, words: readonly number[]): Buffer {
  const bytes = Buffer.alloc(5 + 2 * words.length)
  bytes.writeUInt8(2, 0)
  bytes.writeUInt16BE(deviceNumber, 1)
  bytes.writeUInt16BE(groups, 3)
  for (const [index, word] of words.entries()) bytes.writeUInt16BE(word, 5 + 2 * index)
  return bytes
}

function getAirObject(deviceNumber: number, millivolts: number, words: readonly number[]): object {
  const tenth = (index: number) => (words[index] ?? 0) / 10
  const mass = (name: string, index: number) =>
    toMeasure(`${name} mass concentration`, 'µg⋅m⁻³', tenth(index))
  const count = (name: string, index: number) =>
    toMeasure(`${name} number concentration`, '1⋅cm⁻³', tenth(index))
  const [typicalSize = 0, temperature = 0, humidity = 0, pressure = 0] = [4, 10, 11, 12].map(i => words[i])
  return {
    air_humidity: toMeasure('Air humidity', '%', (125 * humidity) / 65536 - 6),
    air_temperature: toMeasure('Air temperature', '°C', (175.72 * temperature) / 65536 - 46.85),
    barometric_pressure: toMeasure('Barometric pressure', 'Pa', 2 * pressure),
    battery_voltage: toMeasure('Battery voltage', 'V', millivolts / 1000),
    device_id: deviceNumber,
    pm0_5_number_concentration: count('PM0.5', 5),
    pm1_0_mass_concentration: mass('PM1.0', 0),
    pm1_0_number_concentration: count('PM1.0', 6),
    pm2_5_mass_concentration: mass('PM2.5', 1),
    pm2_5_number_concentration: count('PM2.5', 7),
    pm4_mass_concentration: mass('PM4', 2),
    pm4_number_concentration: count('PM4', 8),
    pm10_mass_concentration: mass('PM10', 3),
    pm10_number_concentration: count('PM10', 9),
    protocol_version: 2,
    typical_particle_size: toMeasure('Typical particle size', 'nm', typicalSize),
  }
}

function toMeasure(displayName: string, unit: string, value: number) {
  return { displayName, unit, value }
}
