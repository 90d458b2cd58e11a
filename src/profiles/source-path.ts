/** What an attribute can be read from: the reading's values, `device.…`, or the time of the reading. */
import { isPath, splitPath } from './path.ts'

/** The start of a reading's interval is its observed time less the profile's interval: for models that want from and to. */
const READING_TIMES = ['reading.observedAt', 'reading.observedFrom'] as const

const DEVICE_KEYS = new Set(['id', 'tenant', 'profile', 'name', 'location', 'placement', 'attributes'])

export function isSourcePath(text: string): boolean {
  const [root] = splitPath(text)
  if (root === 'device') return isDevicePath(text)
  if (root === 'reading') return isReadingTime(text)
  return isPath(text)
}

export function isDevicePath(text: string): boolean {
  const [root, key] = splitPath(text)
  return isPath(text) && root === 'device' && key !== undefined && DEVICE_KEYS.has(key)
}

/** True for what only this reading can say. Its time alone says nothing: every reading has one. */
export function isMeasured(path: string): boolean {
  return !isDevicePath(path) && !isReadingTime(path)
}

function isReadingTime(text: string): boolean {
  return READING_TIMES.some(time => time === text)
}
