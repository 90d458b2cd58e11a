/** A small model in the layout of the Smart Data Models: a type, and a schema that it shares with others. */
export const WEATHER_FILES = {
  'schemas/dataModel.Weather/WeatherObserved/schema.json': JSON.stringify({
    $id: 'https://example.com/somebody-elses-address.json',
    type: 'object',
    required: ['id', 'type', 'dateObserved'],
    allOf: [
      { $ref: 'https://smart-data-models.github.io/data-models/common-schema.json#/definitions/Common' },
      {
        properties: {
          temperature: { type: 'number' },
          relativeHumidity: { type: 'number', minimum: 0, maximum: 1 },
          batteryLevel: { type: 'number', maximum: 0.9 },
        },
      },
    ],
  }),
  'schemas/data-models/common-schema.json': JSON.stringify({
    definitions: { Common: { properties: { id: { type: 'string', format: 'uri' } } } },
  }),
}
