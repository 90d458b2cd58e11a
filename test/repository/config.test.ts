import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { z } from 'zod'
import { configSchema } from '../../src/config/config.ts'
import { readText } from './files.ts'

const CONFIG = readText('config/tromost.yaml')

test('config/tromost.yaml sets every key to its default', () => {
  expect(configSchema.parse(parse(CONFIG))).toEqual(configSchema.parse({}))
})

test('config/tromost.yaml mentions every key that there is', () => {
  const keys = [...new Set(listKeys(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })))]
  expect(keys).toEqual(expect.arrayContaining(['dataDir', 'maxBytes', 'token']))
  expect(keys.filter(key => !isMentioned(key))).toEqual([])
})

/** As a key of its own, or in a list of keys behind a colon. */
function isMentioned(key: string): boolean {
  return new RegExp(`\\b${key}:|[:,] ${key}\\b`).test(CONFIG)
}

/** The names of all properties of a JSON Schema, at any depth. */
function listKeys(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'properties' in schema ? Object.keys(schema.properties as object) : []
  return [...own, ...Object.values(schema).flatMap(listKeys)]
}
