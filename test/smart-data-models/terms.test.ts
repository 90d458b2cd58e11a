import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { expandTerm, getContextAddress, getPublishedTerms } from '../../src/context/terms.ts'
import { readModelTerms, toModelTermsJson } from '../../src/generate/model-terms.ts'
import { readText } from '../repository/files.ts'
import { areModelsThere, MODELS_FOLDER } from './model-schemas.ts'

/** Without the models, one skipped line says so. */
const testWithModels = areModelsThere ? test : test.skip

testWithModels('config/smart-data-models-terms.json holds every term of the published contexts', () => {
  const contexts = readModelTerms(MODELS_FOLDER)
  expect(readText('config/smart-data-models-terms.json')).toBe(toModelTermsJson(contexts))
  expect(contexts.size).toBeGreaterThan(10)
  const read = [...contexts.keys()].map(name => [name, Object.fromEntries(getPublishedTerms(name))])
  const published = [...contexts.keys()].map(name => {
    const text = readFileSync(join(MODELS_FOLDER, name, 'context.jsonld'), 'utf8')
    return [name, JSON.parse(text)['@context']]
  })
  expect(read).toEqual(published)
})

testWithModels('every term gets the IRI that its published context gives it', () => {
  const wrong = [...readModelTerms(MODELS_FOLDER)].flatMap(([name, terms]) =>
    Object.entries(terms)
      .map(([term, definition]) => [term, typeof definition === 'string' ? definition : definition['@id']])
      .filter(([term, iri]) => expandTerm(getContextAddress(name), String(term)) !== iri),
  )
  expect(wrong).toEqual([])
})
