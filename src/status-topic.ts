/** Topics of the agent's own messages, which say how a device is. No client and no bridge gets a message onto them. */

const OWN = '$tromost/'
const DEVICE_STATUS = `${OWN}device-status/`

/** Of the profile that reads them. No other can have it, since ids of profiles begin with a letter or a digit. */
export const DEVICE_STATUS_PROFILE = '$device-status'

export function createStatusTopic(device: string): string {
  return DEVICE_STATUS + device
}

export function isStatusTopic(topic: string): boolean {
  return topic.startsWith(DEVICE_STATUS)
}

/** Whether only the agent itself may use it. */
export function isOwnTopic(topic: string): boolean {
  return topic.startsWith(OWN)
}
