/** Announcements: messages that tell of a device, such as that the network has lost it, and not from its sensors. */
import type { Message } from '../reading.ts'
import type { Link } from './frame.ts'

export interface Announcement {
  readonly isTopic: (topic: string) => boolean
  /** Undefined when the payload is none: the message is then decoded like all others. */
  readonly read: (message: Message) => Link | undefined
}

/** Longer than any word in JSON with some spaces. */
export const ANNOUNCEMENT_BYTES_MAX = 64

/** An announcement of one of these words, bare or as `{"state": …}`. */
export function compileAnnouncedWords(words: Readonly<Record<string, boolean>>): Announcement['read'] {
  const known = new Map(
    Object.entries(words).flatMap(([word, online]): [string, Link][] => [
      [word, { online }],
      [JSON.stringify({ state: word }), { online }],
    ]),
  )
  return ({ payload }) => known.get(payload.toString('utf8').replace(/\s/g, ''))
}
