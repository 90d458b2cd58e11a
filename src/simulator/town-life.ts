/** What a day in Kranj is like: sun, weather, and how busy people are. Pure functions of time, the same for all sensors. */
import type { LocalTime } from './local-time.ts'

/** Whose day a consumer of energy or water follows. */
export type Rhythm = 'office' | 'school' | 'pool' | 'lighting' | 'fountain' | 'charging'

/** How much of its full load a consumer draws, 0 to 1. */
export function getActivity(rhythm: Rhythm, timeMs: number, local: LocalTime): number {
  switch (rhythm) {
    case 'office':
      return 0.12 + (local.isWorkday ? 0.88 * plateau(local.hour, 7, 16) : 0)
    case 'school':
      return 0.08 + (local.isWorkday ? 0.85 * plateau(local.hour, 7, 14.5) : 0)
    case 'pool':
      return 0.45 + 0.55 * plateau(local.hour, 6, 22)
    case 'lighting':
      return getSunHeight(timeMs) > DUSK_SUN_HEIGHT ? 0.01 : isLateNight(local.hour) ? 0.6 : 1
    case 'fountain':
      return plateau(local.hour, 8, 22)
    case 'charging':
      return 0.02 + 0.7 * bump(local.hour, 9.5, 2) + 0.5 * bump(local.hour, 17.5, 2)
  }
}

/** Sine of the height of the sun over the horizon: 1 in the zenith, below 0 at night. */
export function getSunHeight(timeMs: number): number {
  const declination = -0.4091 * Math.cos((2 * Math.PI * (getDayOfYear(timeMs) + 10)) / 365.25)
  const hourAngle = ((getSolarHour(timeMs) - 12) * Math.PI) / 12
  const [low, high] = [Math.sin(LATITUDE) * Math.sin(declination), Math.cos(LATITUDE) * Math.cos(declination)]
  return low + high * Math.cos(hourAngle)
}

/** Degrees Celsius: the season, the day with its warmest hour at three in the afternoon, and the weather. */
export function getAirTemperature(timeMs: number): number {
  const season = Math.cos((2 * Math.PI * (getDayOfYear(timeMs) - 200)) / 365.25)
  const day = Math.cos(((getSolarHour(timeMs) - 15) * Math.PI) / 12)
  return 10.2 + 10.3 * season + (4.5 + 1.5 * season) * day + 2.5 * getWeather(timeMs)
}

/** Hectopascals at 386 m above the sea, where Kranj lies. */
export function getAirPressure(timeMs: number): number {
  return 969 + 9 * getWeather(timeMs)
}

/** Relative humidity in percent: it falls when the day warms up. */
export function getAirHumidity(timeMs: number): number {
  const day = Math.cos(((getSolarHour(timeMs) - 15) * Math.PI) / 12)
  return clamp(74 - 14 * day - 8 * getWeather(timeMs), 25, 99)
}

/** -1 to 1: from a wet low to a fine high, over days. Two periods that never meet, so no week is like another. */
export function getWeather(timeMs: number): number {
  const days = timeMs / DAY_MS
  return 0.65 * Math.sin((2 * Math.PI * days) / 5.3) + 0.35 * Math.sin((2 * Math.PI * days) / 2.17 + 1)
}

/** Vehicles, as a share of the busiest quarter of an hour. */
export function getTraffic(local: LocalTime): number {
  const rush = local.isWorkday
    ? 0.9 * bump(local.hour, 7.3, 1.1) + 0.85 * bump(local.hour, 15.5, 1.6) + 0.35 * bump(local.hour, 11.5, 3)
    : 0.55 * bump(local.hour, 11, 2.5) + 0.45 * bump(local.hour, 17, 3)
  return clamp(0.03 + rush, 0, 1)
}

/** People on foot in the old town, as a share of the busiest hour; on free days they come later and stay longer. */
export function getFootfall(local: LocalTime): number {
  const walk = local.isWorkday
    ? 0.6 * bump(local.hour, 10.5, 2) + 0.75 * bump(local.hour, 17.5, 2.2)
    : 0.9 * bump(local.hour, 10.8, 2) + 0.7 * bump(local.hour, 19, 2.5)
  return clamp(0.01 + walk, 0, 1)
}

/** Share of the parking spaces in the centre that are taken. */
export function getParkingOccupancy(local: LocalTime): number {
  const day = local.isWorkday
    ? 0.7 * plateau(local.hour, 7.5, 16) + 0.15 * bump(local.hour, 19, 2)
    : 0.45 * plateau(local.hour, 9, 13) + 0.25 * bump(local.hour, 19, 2.5)
  return clamp(0.18 + day, 0, 0.97)
}

/** Drinking water drawn, as a share of the busiest hour: showers in the morning, kitchens in the evening. */
export function getWaterUse(local: LocalTime): number {
  return (
    0.04 + 0.6 * bump(local.hour, 7, 1.2) + 0.3 * bump(local.hour, 12.5, 2) + 0.5 * bump(local.hour, 19, 2)
  )
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

const DAY_MS = 86_400_000
const LATITUDE = (46.24 * Math.PI) / 180
const LONGITUDE_DEGREES = 14.36
/** Street lighting is switched at civil dusk, when the sun is about three degrees below the horizon. */
const DUSK_SUN_HEIGHT = -0.05

function isLateNight(hour: number): boolean {
  return hour >= 23 || hour < 5
}

/** Hours by the sun: 12 when it stands in the south. */
function getSolarHour(timeMs: number): number {
  return ((timeMs % DAY_MS) / 3_600_000 + LONGITUDE_DEGREES / 15) % 24
}

function getDayOfYear(timeMs: number): number {
  return (timeMs - Date.UTC(new Date(timeMs).getUTCFullYear(), 0, 1)) / DAY_MS
}

/** A bell around one hour of the day; the clock is round, so 23 and 1 are two hours apart. */
function bump(hour: number, centre: number, width: number): number {
  const apart = Math.abs(hour - centre)
  return Math.exp(-0.5 * (Math.min(apart, 24 - apart) / width) ** 2)
}

/** About 1 between two hours and about 0 outside, with half an hour of coming and going. */
function plateau(hour: number, from: number, to: number): number {
  return 1 / (1 + Math.exp(-4 * (hour - from))) / (1 + Math.exp(4 * (hour - to)))
}
