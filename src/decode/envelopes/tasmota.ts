/** Tasmota: values come as JSON; the last will at `tele/<device>/LWT` says whether the device is there. */
import { type Announcement, compileAnnouncedWords } from '../announcement.ts'

export const TASMOTA: Announcement = {
  isTopic: topic => topic.endsWith('/LWT') && !topic.endsWith('/attrs/LWT'),
  read: compileAnnouncedWords({ Online: true, Offline: false }),
}
