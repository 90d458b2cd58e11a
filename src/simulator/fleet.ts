/** As many sensors as are asked for: those of the town first, then more of the same types around it. */
import type { Profile, Sensor } from './sensor.ts'
import { TOWN } from './town.ts'

/** Types take turns, so that a small fleet has one of each. The same number always gives the same sensors. */
export function getFleet(devices: number): readonly Sensor[] {
  const town = takeTurns(TOWN)
  const models = town.filter(sensor => sensor.fault === undefined)
  const rounds = Math.ceil(Math.max(0, devices - town.length) / models.length)
  const further = Array.from({ length: rounds }, (_, round) =>
    models.map((model, index) => copySensor(model, round * models.length + index + 1)),
  )
  return [...town, ...further.flat()].slice(0, devices)
}

/** The built-up area of the town, in degrees. */
const AREA = { west: 14.335, east: 14.385, south: 46.222, north: 46.262 }
/** The two-dimensional golden ratio: steps of these shares never cluster, however many there are. */
const SPREAD_LONGITUDE = 0.7548776662
const SPREAD_LATITUDE = 0.5698402909

function takeTurns(sensors: readonly Sensor[]): readonly Sensor[] {
  const counts = new Map<Profile, number>()
  const ranked = sensors.map(sensor => {
    const turn = counts.get(sensor.profile) ?? 0
    counts.set(sensor.profile, turn + 1)
    return { sensor, turn }
  })
  return ranked.sort((one, other) => one.turn - other.turn).map(({ sensor }) => sensor)
}

function copySensor(model: Sensor, number: number): Sensor {
  const longitude = AREA.west + (AREA.east - AREA.west) * ((number * SPREAD_LONGITUDE) % 1)
  const latitude = AREA.south + (AREA.north - AREA.south) * ((number * SPREAD_LATITUDE) % 1)
  return {
    ...model,
    device: numberDevice(model.device, number),
    name: `${model.name} (${number})`,
    location: [Number(longitude.toFixed(5)), Number(latitude.toFixed(5))],
  }
}

/** Serial numbers keep their maker's start and their length; names that people gave get the number behind. */
function numberDevice(device: string, number: number): string {
  return /[0-9a-f]{6}$/i.test(device)
    ? `${device.slice(0, -6)}${String(number).padStart(6, '0')}`
    : `${device}_${number}`
}
