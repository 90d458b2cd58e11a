/** The profile of the agent's own messages about devices: how a device is, as a `Device` of the Smart Data Models. */
import { DEVICE_STATUS_PROFILE } from '../status-topic.ts'
import { type Profile, profileSchema } from './profile.ts'

const RECEIVED = '2026-01-15T09:00:00.000Z'
const HEARD = '2026-01-15T08:20:11.000Z'

const parsed = profileSchema.parse({
  id: 'device-status',
  vendor: 'Tromost',
  model: 'Device status',
  description: { en: 'How a device is, as the agent knows it', sl: 'Stanje naprave, kot ga pozna agent' },
  source: 'docs/alarms.md',
  interval: '1h',
  decode: { json: {} },
  entities: [
    {
      type: 'Device',
      context: 'https://smart-data-models.github.io/dataModel.Device/context.jsonld',
      attributes: {
        deviceState: { from: 'state' },
        // What the profile of the device itself says of these two is newer, and stays.
        dateLastValueReported: { from: 'lastHeardAt', observedAt: 'lastHeardAt' },
        batteryLevel: {
          ...{ from: 'battery.percent', scale: 0.01, min: 0, max: 1, unit: 'C62' },
          observedAt: 'battery.at',
        },
      },
    },
  ],
  samples: [
    {
      name: 'a device that is silent',
      payload: { json: { state: 'silent', lastHeardAt: HEARD, battery: { percent: 71, at: HEARD } } },
      device: { id: 'sava-1' },
      entities: [
        {
          id: 'urn:ngsi-ld:Device:sava-1',
          type: 'Device',
          deviceState: { type: 'Property', value: 'silent', observedAt: RECEIVED },
          dateLastValueReported: { type: 'Property', value: HEARD, observedAt: HEARD },
          batteryLevel: { type: 'Property', value: 0.71, unitCode: 'C62', observedAt: HEARD },
        },
      ],
    },
    {
      name: 'a device that was never heard',
      payload: { json: { state: 'never-heard' } },
      device: { id: 'sava-1' },
      entities: [
        {
          id: 'urn:ngsi-ld:Device:sava-1',
          type: 'Device',
          deviceState: { type: 'Property', value: 'never-heard', observedAt: RECEIVED },
        },
      ],
    },
  ],
})

export const DEVICE_STATUS: Profile = { ...parsed, id: DEVICE_STATUS_PROFILE }

/** With those of a folder: all that make entities. */
export function withDeviceStatus<T extends Profile>(profiles: Iterable<T>): readonly (T | Profile)[] {
  return [...profiles, DEVICE_STATUS]
}
