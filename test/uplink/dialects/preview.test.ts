import { expect, test } from '@jest/globals'
import { configSchema } from '../../../src/config/config.ts'
import { createPreview } from '../../../src/uplink/dialects/preview.ts'
import { PreviewStore } from '../../../src/uplink/preview-store.ts'
import { createEntity } from '../../support/entities.ts'

test('the preview takes entities of all contexts together, and shows them by their short names', async () => {
  const [destination] = configSchema.parse({}).destinations
  if (destination === undefined) throw new Error('expected a destination')
  const store = new PreviewStore()
  const dialect = createPreview({ destination, tenant: 'kranj', brokerTenant: undefined }, store)
  const entity = createEntity('urn:a:1', { temperature: 21.5 }, 'https://example.org/weather.jsonld')
  const parcel = dialect.wrap(entity, () => {})
  expect(parcel.context).toBeUndefined()
  const verdict = await dialect.deliver([parcel])
  expect(verdict).toEqual({ kind: 'answered', refused: new Map() })
  expect(store.list({ limit: 10, offset: 0 })).toEqual([
    {
      id: 'urn:a:1',
      type: 'WeatherObserved',
      temperature: { type: 'Property', value: 21.5, observedAt: '2026-01-15T09:00:00.000Z' },
    },
  ])
})
