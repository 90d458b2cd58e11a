/** zigbee2mqtt: values come as JSON; whether the device is there comes at `…/availability`, as a word or as `{"state": …}`. */
import { type Announcement, compileAnnouncedWords } from '../announcement.ts'

export const ZIGBEE2MQTT: Announcement = {
  isTopic: topic => topic.endsWith('/availability') && !topic.endsWith('/attrs/availability'),
  read: compileAnnouncedWords({ online: true, offline: false }),
}
