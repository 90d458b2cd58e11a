/** Sensors in and on the town's buildings: climate, electricity, drinking water. */
import { getLocalTime } from './local-time.ts'
import { type CreateReader, round, type Sensor } from './sensor.ts'
import {
  clamp,
  getActivity,
  getAirHumidity,
  getAirPressure,
  getAirTemperature,
  getWaterUse,
} from './town-life.ts'

/** Aqara WSDCGQ11LM, through zigbee2mqtt: the voltage is in millivolts, the pressure in hectopascals. */
export const createClimateSensor: CreateReader<string> = (sensor, random) => {
  const linkquality = 60 + random.below(160)
  return moment => {
    const isInside = sensor.placement === 'indoor'
    const warmth = getActivity(sensor.rhythm ?? 'office', moment.timeMs, moment.local)
    const temperature = isInside
      ? 18.5 + 3.2 * warmth + 0.08 * getAirTemperature(moment.timeMs)
      : getAirTemperature(moment.timeMs)
    const humidity = isInside
      ? 34 + 0.12 * getAirHumidity(moment.timeMs) + 6 * warmth
      : getAirHumidity(moment.timeMs)
    return JSON.stringify({
      battery: Math.round(100 * moment.charge),
      humidity: round(clamp(humidity + moment.drift + 0.2 * random.normal(), 5, 99), 2),
      linkquality: clamp(Math.round(linkquality + 6 * random.normal()), 1, 255),
      pressure: round(getAirPressure(moment.timeMs), 1),
      temperature: round(temperature + 0.4 * moment.drift + 0.05 * random.normal(), 2),
      voltage: Math.round(2600 + 455 * moment.charge),
    })
  }
}

/** Shelly Pro 3EM in a switch cabinet: the three phases as a status notification (Gen2 RPC). */
export const createThreePhaseMeter: CreateReader<string> = (sensor, random) => {
  const fullWatts = random.between(6000, 14_000)
  const shares = [0.36, 0.33, 0.31]
  return moment => {
    const watts = fullWatts * getLoad(sensor, moment.timeMs)
    const phases = shares.map(share => {
      const act_power = round(watts * share * (1 + 0.04 * random.normal()), 1)
      const voltage = round(233 + 1.2 * moment.drift + 0.4 * random.normal(), 1)
      const pf = round(random.between(0.91, 0.99), 2)
      const aprt_power = round(act_power / pf, 1)
      return { current: round(aprt_power / voltage, 3), voltage, act_power, aprt_power, pf, freq: 50 }
    })
    const sum = (key: 'current' | 'act_power' | 'aprt_power') =>
      round(
        phases.reduce((total, phase) => total + phase[key], 0),
        3,
      )
    const em = {
      id: 0,
      ...Object.fromEntries(phases.flatMap((phase, index) => nameAfterPhase(phase, 'abc'.charAt(index)))),
      n_current: null,
      total_current: sum('current'),
      total_act_power: sum('act_power'),
      total_aprt_power: sum('aprt_power'),
      user_calibrated_phase: [],
    }
    const params = { ts: round(moment.timeMs / 1000, 2), 'em:0': em }
    return JSON.stringify({
      src: sensor.device,
      dst: `${sensor.device}/events`,
      method: 'NotifyStatus',
      params,
    })
  }
}

/** Sonoff POW R2 with Tasmota: energies in kilowatt-hours, times in local time without a zone. */
export const createPlugMeter: CreateReader<string> = (sensor, random, startMs) => {
  const fullWatts = random.between(150, 1200)
  const midnightMs = startMs - getLocalTime(startMs).hour * HOUR_MS
  let yesterday = fullWatts * getLoadHours(sensor, midnightMs - 24 * HOUR_MS, midnightMs)
  let today = fullWatts * getLoadHours(sensor, midnightMs, startMs)
  let total = (yesterday * (midnightMs - INSTALLED_AT)) / (24 * HOUR_MS) + today
  let date = getLocalTime(startMs).date
  return moment => {
    const watts = Math.max(0, fullWatts * getLoad(sensor, moment.timeMs) * (1 + 0.03 * random.normal()))
    const wattHours = (watts * moment.elapsedMs) / HOUR_MS
    if (moment.local.date !== date) {
      date = moment.local.date
      yesterday = today
      today = 0
    }
    today += wattHours
    total += wattHours
    const ENERGY = {
      TotalStartTime: '2024-03-01T08:00:00',
      Total: round(total / 1000, 3),
      Yesterday: round(yesterday / 1000, 3),
      Today: round(today / 1000, 3),
      Period: Math.round(wattHours),
      ...getPower(watts, Math.round(233 + moment.drift)),
    }
    return JSON.stringify({ Time: moment.local.text, ENERGY })
  }
}

/** Kamstrup Multical 21, heard by wmbusmeters: cubic metres, and the unit at the end of each key. */
export const createWaterMeter: CreateReader<string> = (sensor, random, startMs) => {
  const perHour = random.between(0.15, 0.7)
  const perDay = 24 * perHour * 0.3
  let total = (perDay * (startMs - INSTALLED_AT)) / (24 * HOUR_MS)
  const target = Math.max(0, total - perDay * (getLocalTime(startMs).dayOfMonth - 1))
  return moment => {
    total += (perHour * getWaterUse(moment.local) * moment.elapsedMs) / HOUR_MS
    return JSON.stringify({
      _: 'telegram',
      media: 'cold water',
      meter: 'kamwater',
      name: toAscii(sensor.name),
      id: sensor.device,
      min_external_temperature_last_month_c: 14,
      flow_temperature_c: Math.round(11 + moment.drift),
      target_m3: round(target, 3),
      total_m3: round(total, 3),
      current_status: '',
      status: 'OK',
      time_bursting: '',
      time_dry: '',
      time_leaking: '',
      time_reversed: '',
      timestamp: `${new Date(moment.timeMs).toISOString().slice(0, 19)}Z`,
    })
  }
}

const HOUR_MS = 3_600_000
/** Meters have been running since the town installed them, so that they show about the same after every start. */
const INSTALLED_AT = Date.UTC(2024, 2, 1, 7)

function getLoad(sensor: Sensor, timeMs: number): number {
  return getActivity(sensor.rhythm ?? 'office', timeMs, getLocalTime(timeMs))
}

/** Hours at full load that amount to the same energy. */
function getLoadHours(sensor: Sensor, fromMs: number, toMs: number): number {
  const stepMs = HOUR_MS / 4
  let hours = 0
  for (let timeMs = fromMs; timeMs < toMs; timeMs += stepMs) {
    hours += (getLoad(sensor, timeMs) * Math.min(stepMs, toMs - timeMs)) / HOUR_MS
  }
  return hours
}

function nameAfterPhase(values: Readonly<Record<string, number>>, phase: string): [string, number][] {
  return Object.entries(values).map(([key, value]) => [`${phase}_${key}`, value])
}

function getPower(watts: number, voltage: number) {
  const factor = 0.93
  const apparent = watts / factor
  return {
    Power: Math.round(watts),
    ApparentPower: Math.round(apparent),
    ReactivePower: Math.round(Math.sqrt(apparent ** 2 - watts ** 2)),
    Factor: factor,
    Voltage: voltage,
    Current: round(apparent / voltage, 3),
  }
}

/** The names of meters in wmbusmeters become names of files and topics, so people write them plainly. */
function toAscii(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
}
