/** What an administrator has on the first day: the draft of a device type, a faulty one, and a sheet of two hundred sensors. */

const DEVICES = 200

/** Sensors that send the level of the water as text. */
export const DRAFT = `id: gauge
vendor: Kranj
model: Water gauge
description: { en: Water gauge of the city, sl: Mestni vodomer }
source: The data sheet of the maker
interval: 15m
decode: { text: {} }
entities:
  - type: WaterObserved
    attributes:
      waterLevel: { from: value, unit: MTR, min: 0, max: 50 }
      location: { geo: device.location }
samples:
  - name: a level
    payload: { text: "1.87" }
    device: { id: sava-1, location: [14.3556, 46.2389] }
    entities:
      - id: urn:ngsi-ld:WaterObserved:sava-1
        type: WaterObserved
        waterLevel: { type: Property, value: 1.87, unitCode: MTR, observedAt: "2026-01-15T09:00:00.000Z" }
        location:
          type: GeoProperty
          value: { type: Point, coordinates: [14.3556, 46.2389] }
          observedAt: "2026-01-15T09:00:00.000Z"
`

/** The maker has announced JSON, and the sensors do not send it yet: its own sample passes, and no reading of theirs does. */
export const FAULTY = DRAFT.replace('decode: { text: {} }', 'decode: { json: {} }').replace(
  'payload: { text: "1.87" }',
  'payload: { json: { value: 1.87 } }',
)

export const SENSORS = Array.from({ length: DEVICES }, (_, at) => `sava-${at + 1}`)

/** As a sheet of Excel has it in Slovenia. */
export const SHEET = [
  'DevEUI;id;Naziv;Zemljepisna širina;Zemljepisna dolžina;profil',
  ...SENSORS.map((id, at) => `;${id};Merilnik ${at + 1};46,2${at + 100};14,3${at + 100};gauge`),
].join('\r\n')

export function toWaterId(device: string): string {
  return `urn:ngsi-ld:WaterObserved:${device}`
}
