import { describe, expect, test } from '@jest/globals'
import { compileIdentities } from '../../src/map/identity.ts'
import { createProfile } from '../profiles/sound-profile.ts'
import { DEVICE } from './map-values.ts'

const attributes = { t: { from: 't' } }

describe('the entities of a device', () => {
  test('are known before it has sent anything, by their placement too', () => {
    const { entities } = createProfile({
      entities: [
        { type: { default: 'Outdoor', indoor: 'Indoor' }, attributes },
        { type: 'Site', id: '{device.attributes.site}:{tenant}', attributes },
      ],
    })
    expect(compileIdentities(entities)({ ...DEVICE, placement: 'indoor' })).toEqual([
      { id: 'urn:ngsi-ld:Indoor:d1', type: 'Indoor' },
      { id: 'urn:ngsi-ld:Site:052:C%201:kranj', type: 'Site' },
    ])
  })

  test('are those alone whose id names nothing that the device or a reading would have to say first', () => {
    const { entities } = createProfile({
      entities: [
        { type: 'Thing', attributes },
        { type: 'Bin', id: 'urn:{device.attributes.bin}', attributes },
        { type: 'Sensor', id: 'urn:{reading.values.sensor}', attributes },
      ],
    })
    expect(compileIdentities(entities)(DEVICE)).toEqual([{ id: 'urn:ngsi-ld:Thing:d1', type: 'Thing' }])
  })
})
