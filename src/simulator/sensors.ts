/** Brings a sensor to life: wakes it up at any time and takes what it sends. */
import {
  createClimateSensor,
  createPlugMeter,
  createThreePhaseMeter,
  createWaterMeter,
} from './building-sensors.ts'
import { viaChirpstack } from './chirpstack.ts'
import { getLocalTime } from './local-time.ts'
import { createAirMonitor, createRiverGauge, createSoilProbe, createWaterLevel } from './nature-sensors.ts'
import { getNetwork, getTopic } from './networks.ts'
import { getSeed, Random } from './random.ts'
import type { CreateReader, Moment, Profile, Sensor, Uplink } from './sensor.ts'
import {
  createParkingSpace,
  createPeopleCounter,
  createSoundMeter,
  createWasteContainer,
} from './street-sensors.ts'

/** A living sensor: gives its next uplink, or nothing if it has fallen silent. Times must not go back. */
export type LivingSensor = (timeMs: number) => Uplink | undefined

/** The same sensor, seed and times give the same uplinks, byte for byte. */
export function createLivingSensor(sensor: Sensor, seed: number, startMs: number): LivingSensor {
  const random = new Random(getSeed(seed, sensor.device))
  const read = READERS[sensor.profile](sensor, random, startMs)
  const wakeUp = createMoments(random, startMs)
  const topic = getTopic(getNetwork(sensor.profile), sensor.device)
  return timeMs => {
    if (sensor.fault === 'silent' && timeMs - startMs > SILENT_AFTER_MS) return undefined
    const moment = wakeUp(timeMs)
    const text = read(moment)
    return {
      topic,
      payload: Buffer.from(sensor.fault === 'nonsense' ? getNonsense(text, moment.uplinks) : text),
    }
  }
}

const READERS: Readonly<Record<Profile, CreateReader<string>>> = {
  'nwave-nps405': viaChirpstack(createParkingSpace),
  'decentlab-dl-pm': viaChirpstack(createAirMonitor),
  'milesight-ws302': viaChirpstack(createSoundMeter),
  'milesight-em400-mud': viaChirpstack(createWasteContainer),
  'decentlab-dl-mbx': viaChirpstack(createRiverGauge),
  'milesight-vs133': viaChirpstack(createPeopleCounter),
  'dragino-lse01': viaChirpstack(createSoilProbe),
  'aqara-wsdcgq11lm': createClimateSensor,
  'shelly-pro-3em': createThreePhaseMeter,
  'kamstrup-multical-21': createWaterMeter,
  'sonoff-pow-r2': createPlugMeter,
  'generic-water-level': createWaterLevel,
}

/** Long enough to be seen alive in a demonstration, short enough to be missed in it. */
const SILENT_AFTER_MS = 3 * 60_000
/** Time since the uplink before, for the first one: what most of these sensors are set to. */
const USUAL_INTERVAL_MS = 10 * 60_000
const DRIFT_MS = 6 * 3_600_000
/** Sending is what empties a battery. Ten thousand uplinks are a year of one every hour, or an hour of a load test. */
const CHARGE_PER_UPLINK = 0.0001
const CHARGE_MIN = 0.05

/** What all sensors have in common: a clock, a battery that sinks until someone changes it, and a slow random walk. */
function createMoments(random: Random, startMs: number): (timeMs: number) => Moment {
  let sentAt = startMs - USUAL_INTERVAL_MS
  let uplinks = -1
  let charge = random.between(0.55, 1)
  let drift = random.normal()
  return timeMs => {
    const elapsedMs = Math.max(0, timeMs - sentAt)
    const kept = Math.exp(-elapsedMs / DRIFT_MS)
    // Ornstein-Uhlenbeck: it walks as far in an hour however often it is asked.
    drift = drift * kept + Math.sqrt(1 - kept ** 2) * random.normal()
    charge = charge - CHARGE_PER_UPLINK < CHARGE_MIN ? 1 : charge - CHARGE_PER_UPLINK
    uplinks += 1
    sentAt = timeMs
    return { timeMs, local: getLocalTime(timeMs), elapsedMs, uplinks, charge, drift }
  }
}

/** What broken sensors and their gateways have been seen to send, one kind after the other. */
function getNonsense(text: string, uplinks: number): string {
  switch (uplinks % 4) {
    case 0:
      return text.slice(0, Math.ceil(text.length / 2))
    case 1:
      return 'ERR: sensor timeout'
    case 2:
      return text.replace(/:-?\d+(\.\d+)?/g, ':65535')
    default:
      return ''
  }
}
