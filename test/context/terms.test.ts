import { describe, expect, test } from '@jest/globals'
import { expandTerm, findRepository, getContextAddress } from '../../src/context/terms.ts'

const WEATHER = 'https://smart-data-models.github.io/dataModel.Weather/context.jsonld'
const DEVICE = 'https://smart-data-models.github.io/dataModel.Device/context.jsonld'
const CITY = 'https://example.org/city.jsonld'

describe('a name under a context', () => {
  test.each([
    [
      'a type of its model',
      WEATHER,
      'WeatherObserved',
      'https://smartdatamodels.org/dataModel.Weather/WeatherObserved',
    ],
    [
      'an attribute of its model',
      WEATHER,
      'temperature',
      'https://smartdatamodels.org/dataModel.Weather/temperature',
    ],
    [
      'the same attribute of another model',
      DEVICE,
      'temperature',
      'https://smartdatamodels.org/dataModel.Device/temperature',
    ],
    [
      'an attribute that all models share',
      WEATHER,
      'dataProvider',
      'https://smartdatamodels.org/dataProvider',
    ],
    ['an attribute of NGSI-LD itself', WEATHER, 'location', 'https://uri.etsi.org/ngsi-ld/location'],
    ['one of Dublin Core', WEATHER, 'description', 'http://purl.org/dc/terms/description'],
    [
      'a term that is defined as more than its IRI',
      DEVICE,
      'success',
      'https://uri.etsi.org/ngsi-ld/success',
    ],
    [
      'a name that the model does not have',
      WEATHER,
      'frost',
      'https://uri.etsi.org/ngsi-ld/default-context/frost',
    ],
    [
      'a name without a context',
      undefined,
      'temperature',
      'https://uri.etsi.org/ngsi-ld/default-context/temperature',
    ],
    ['the location without a context', undefined, 'location', 'https://uri.etsi.org/ngsi-ld/location'],
    [
      'a name that every object has',
      WEATHER,
      'constructor',
      'https://uri.etsi.org/ngsi-ld/default-context/constructor',
    ],
  ])('%s', (_case, context, term, iri) => {
    expect(expandTerm(context, term)).toBe(iri)
  })

  test('that no context has goes behind the vocabulary of the city', () => {
    expect(expandTerm(WEATHER, 'frost', 'https://kranj.example/terms#')).toBe(
      'https://kranj.example/terms#frost',
    )
    expect(expandTerm(WEATHER, 'temperature', 'https://kranj.example/terms#')).toBe(
      'https://smartdatamodels.org/dataModel.Weather/temperature',
    )
  })
})

test('of an address only a context that the Smart Data Models publish is known', () => {
  expect(findRepository(WEATHER)).toBe('dataModel.Weather')
  expect(findRepository(getContextAddress('dataModel.Device'))).toBe('dataModel.Device')
  expect(findRepository(CITY)).toBeUndefined()
  expect(
    findRepository('https://smart-data-models.github.io/dataModel.Nothing/context.jsonld'),
  ).toBeUndefined()
})
