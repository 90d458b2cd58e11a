/** What a device may be called: its id is a level of topics, stands in the log, and is part of the ids of entities. */

/** Neither signs that mean something in topics and addresses, nor what cannot be seen: ids that look alike must be alike. */
export const DEVICE_ID = /^(?! )(?:[^/+#?\p{C}\p{Z}]| ){1,128}(?<! )$/u

export const DEVICE_ID_EXPECTATION =
  'expected 1 to 128 characters that can be seen, without / + # ?, and spaces only between others'

export function isDeviceId(text: string): boolean {
  return DEVICE_ID.test(text)
}
