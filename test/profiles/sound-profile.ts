/** A profile without faults, for tests to change one thing of. */
import { type Profile, profileSchema } from '../../src/profiles/profile.ts'

type Raw = Readonly<Record<string, unknown>>

export const SOUND: Raw = {
  id: 'maker-model',
  vendor: 'Maker',
  model: 'Model',
  description: { en: 'A sensor', sl: 'Senzor' },
  source: 'made for tests',
  interval: '10m',
  decode: { json: {} },
  entities: [{ type: 'WeatherObserved', attributes: { temperature: { from: 'temperature', unit: 'CEL' } } }],
  samples: [
    {
      name: 'a heartbeat',
      payload: { json: {} },
      device: { id: 'd1' },
      entities: [],
    },
  ],
}

export function createProfile(changes: Raw): Profile {
  return profileSchema.parse({ ...SOUND, ...changes })
}

/** A profile with one entity of type Thing that has these attributes. */
export function createProfileOf(attributes: Raw, changes: Raw = {}): Profile {
  return createProfile({ entities: [{ type: 'Thing', attributes }], ...changes })
}
