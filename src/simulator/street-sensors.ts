/** Sensors of streets and squares: parking spaces, people on foot, noise, waste containers. */
import type { Frame } from './chirpstack.ts'
import { getLocalTime } from './local-time.ts'
import { type CreateReader, type Moment, round } from './sensor.ts'
import { clamp, getAirTemperature, getFootfall, getParkingOccupancy, getTraffic } from './town-life.ts'

/** Nwave NPS405: port 1 tells the state and how long the one before lasted, port 2 is a heartbeat. */
export const createParkingSpace: CreateReader<Frame> = (_sensor, random, startMs) => {
  let isOccupied = random.next() < getParkingOccupancy(getLocalTime(startMs))
  let changedAt = startMs - random.between(0, 90) * MINUTE_MS
  let previousMinutes = random.below(240)
  return moment => {
    const isLeft = random.next() < 1 - Math.exp(-moment.elapsedMs / PARKING_STAY_MS)
    const willBeOccupied = isLeft ? random.next() < getParkingOccupancy(moment.local) : isOccupied
    if (willBeOccupied === isOccupied && moment.uplinks % HEARTBEAT_EVERY === HEARTBEAT_EVERY - 1) {
      return getHeartbeat(isOccupied, moment)
    }
    if (willBeOccupied !== isOccupied) {
      previousMinutes = Math.floor((moment.timeMs - changedAt) / MINUTE_MS)
      changedAt = moment.timeMs
      isOccupied = willBeOccupied
    }
    return getParkingStatus(isOccupied, previousMinutes)
  }
}

/** Milesight VS133: people over four lines, in and out, in this period and in all. */
export const createPeopleCounter: CreateReader<Frame> = (_sensor, random, startMs) => {
  const days = (startMs - INSTALLED_AT) / DAY_MS
  const totals = LINE_SHARES.map(share => [Math.round(days * 1400 * share), Math.round(days * 1390 * share)])
  const perHour = random.between(180, 320)
  return moment => {
    const mean = (perHour * getFootfall(moment.local) * moment.elapsedMs) / HOUR_MS
    const lines = LINE_SHARES.map((share, index) => {
      const [periodIn, periodOut] = [random.count(mean * share), random.count(mean * share)]
      const total = [(totals[index]?.[0] ?? 0) + periodIn, (totals[index]?.[1] ?? 0) + periodOut]
      totals[index] = total
      return { periodIn, periodOut, totalIn: total[0] ?? 0, totalOut: total[1] ?? 0 }
    })
    return getPeopleFrame(lines)
  }
}

/** Milesight WS302: sound level with frequency weighting A, in tenths of a decibel. */
export const createSoundMeter: CreateReader<Frame> = (_sensor, random) => {
  return moment => {
    const bustle = Math.max(getTraffic(moment.local), 0.8 * getFootfall(moment.local))
    const LAeq = round(clamp(37 + 26 * Math.sqrt(bustle) + 1.5 * moment.drift + random.normal(), 30, 95), 1)
    const LAF = round(LAeq + random.between(-4, 6), 1)
    const LAFmax = round(Math.max(LAF, LAeq) + random.between(3, 14), 1)
    const battery = Math.round(100 * moment.charge)
    const bytes = Buffer.from([0x01, 0x75, battery, 0x05, 0x5b, 0x05, 0, 0, 0, 0, 0, 0])
    for (const [index, level] of [LAF, LAeq, LAFmax].entries()) {
      bytes.writeUInt16LE(Math.round(level * 10), 6 + 2 * index)
    }
    return { fPort: 85, bytes, object: { battery, LAF, LAeq, LAFmax } }
  }
}

/** Milesight EM400-MUD: how far the waste is below the lid, in millimetres; emptied in the morning of every few days. */
export const createWasteContainer: CreateReader<Frame> = (sensor, random) => {
  const heightMetres = Number(sensor.attributes['binHeight'] ?? 1.2)
  const cycleDays = 2 + random.below(4)
  const offsetDays = random.below(cycleDays) - COLLECTION_HOUR_UTC / 24
  return moment => {
    const age = (moment.timeMs / DAY_MS + offsetDays) % cycleDays
    const level = clamp(0.05 + (0.85 * age) / cycleDays + 0.01 * random.normal(), 0, 0.98)
    const temperature = round(getAirTemperature(moment.timeMs) + 2 * level + 0.3 * random.normal(), 1)
    const distance = Math.round(1000 * heightMetres * (1 - level))
    const isTilted = random.next() < TILT_CHANCE
    const battery = Math.round(100 * moment.charge)
    const bytes = Buffer.from([0x01, 0x75, battery, 0x03, 0x67, 0, 0, 0x04, 0x82, 0, 0, 0x05, 0x00, 0])
    bytes.writeInt16LE(Math.round(temperature * 10), 5)
    bytes.writeUInt16LE(distance, 9)
    bytes.writeUInt8(isTilted ? 1 : 0, 13)
    const position = isTilted ? 'tilt' : 'normal'
    return { fPort: 85, bytes, object: { battery, temperature, distance, position } }
  }
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
/** Counters have been running since the town installed its sensors, so that they are alike at every start. */
const INSTALLED_AT = Date.UTC(2024, 2, 1)
const PARKING_STAY_MS = 45 * MINUTE_MS
const HEARTBEAT_EVERY = 12
/** Shares of the four lines that a counter draws over a square. */
const LINE_SHARES = [0.4, 0.3, 0.2, 0.1]
const COLLECTION_HOUR_UTC = 5
/** A container is on its side now and then: the collectors' work, or the wind's. */
const TILT_CHANCE = 0.005

interface Line {
  readonly periodIn: number
  readonly periodOut: number
  readonly totalIn: number
  readonly totalOut: number
}

function getParkingStatus(isOccupied: boolean, previousMinutes: number): Frame {
  const { code, ...duration } = compressDuration(previousMinutes)
  return {
    fPort: 1,
    bytes: Buffer.from([(isOccupied ? 0x80 : 0) | code]),
    object: { type: 'parking_status', occupied: isOccupied, ...duration },
  }
}

/** Seven bits for minutes: exact at first, then in steps of 5 and of 60, then "11 hours or more". */
function compressDuration(minutes: number) {
  const code =
    minutes < 90
      ? minutes
      : minutes < 240
        ? 90 + Math.floor((minutes - 90) / 5)
        : Math.min(127, 120 + Math.floor((minutes - 240) / 60))
  return {
    code,
    previous_state_duration: code < 90 ? code : code < 120 ? 90 + (code - 90) * 5 : 240 + (code - 120) * 60,
    previous_state_duration_error: code < 90 ? 0 : code < 120 ? 4 : code < 127 ? 59 : null,
    previous_state_duration_overflow: code === 127,
  }
}

function getHeartbeat(isOccupied: boolean, moment: Moment): Frame {
  const temperature = round(2 * getAirTemperature(moment.timeMs), 0) / 2
  const voltageCode = Math.round(100 + 150 * moment.charge)
  const bytes = Buffer.from([isOccupied ? 0x80 : 0, voltageCode, 0, 0, 0, 0])
  bytes.writeInt8(2 * (temperature - 10), 2)
  return {
    fPort: 2,
    bytes,
    object: {
      type: 'heartbeat',
      occupied: isOccupied,
      battery_voltage: (2500 + 4 * voltageCode) / 1000,
      temperature,
      battery_health: voltageCode >= 125 || temperature < -5 ? 'normal' : 'low',
      hw_health_status: 0,
    },
  }
}

/** Three channels a line, from 3 on: total in, total out, and the period. */
function getPeopleFrame(lines: readonly Line[]): Frame {
  const records = lines.map((line, index) => {
    const record = Buffer.alloc(18)
    record.writeUInt16BE(((3 + 3 * index) << 8) | 0xd2, 0)
    record.writeUInt32LE(line.totalIn, 2)
    record.writeUInt16BE(((4 + 3 * index) << 8) | 0xd2, 6)
    record.writeUInt32LE(line.totalOut, 8)
    record.writeUInt16BE(((5 + 3 * index) << 8) | 0xcc, 12)
    record.writeUInt16LE(line.periodIn, 14)
    record.writeUInt16LE(line.periodOut, 16)
    return record
  })
  const entries = lines.flatMap((line, index) => [
    [`line_${index + 1}_total_in`, line.totalIn],
    [`line_${index + 1}_total_out`, line.totalOut],
    [`line_${index + 1}_period_in`, line.periodIn],
    [`line_${index + 1}_period_out`, line.periodOut],
  ])
  return { fPort: 85, bytes: Buffer.concat(records), object: Object.fromEntries(entries) }
}
