/** Shelly Gen2: notifications come as JSON with `params`; a status topic has one component of them alone. */
import { type Announcement, compileAnnouncedWords } from '../announcement.ts'

/** The last will: true or false. */
export const SHELLY: Announcement = {
  isTopic: topic => topic.endsWith('/online') && !topic.endsWith('/attrs/online'),
  read: compileAnnouncedWords({ true: true, false: false }),
}

const STATUS = /\/status\/([a-z0-9]+:\d+)$/

/** `switch:0` of `<device>/status/switch:0`: its payload is what a notification has at `params.switch:0`. */
export function getShellyComponent(topic: string): string | undefined {
  return STATUS.exec(topic)?.[1]
}
