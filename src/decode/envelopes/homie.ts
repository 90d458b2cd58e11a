/** Homie: each property has a topic (see topic-names.ts); topics with `$` describe the device, and `$state` says whether it is there. */
import type { Announcement } from '../announcement.ts'

/** The states of Homie 3 to 5 in which a device sends values. */
const PRESENT = new Set(['init', 'ready', 'alert'])

export const HOMIE: Announcement = {
  isTopic: topic => topic.startsWith('homie/') && topic.includes('/$'),
  read: ({ topic, payload }) =>
    topic.endsWith('/$state') ? { online: PRESENT.has(payload.toString('utf8', 0, 16).trim()) } : {},
}
