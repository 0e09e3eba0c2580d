import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { documentJsonSchema, jsonSchemaOf } from './json-schema.ts'
import { keyRequestSchema, rotateRequestSchema } from './keys/key-schemas.ts'

const ajv = new Ajv2020({ strictTypes: false, allowUnionTypes: true })
addFormats.default(ajv)
const isDocument = ajv.compile(documentJsonSchema())

const credentials = [{ name: 'main', apiKey: 'k' }]
const targets = [{ provider: 'up', model: 'm' }]

describe('the JSON Schema of a document', () => {
  test.each([
    {},
    { teams: null },
    { providers: { up: { kind: 'openai', credentials }, demo: { kind: 'demo' } } },
    {
      models: {
        'a/b': { targets, routing: 'weighted', retries: { on: [429, '429', '5xx'] }, timeouts: { total: '10m' } },
      },
    },
    { users: { 'ann@example.com': { team: 'a', metadata: { constructor: 'x' } } } },
  ])('takes %j', (document) => {
    expect(isDocument(document)).toBe(true)
  })

  test.each([
    { guardrails: {} },
    { teams: { '*': {} } },
    { teams: { a: { team: 'b' } } },
    { teams: { a: { costCentre: 'x' } } },
    { providers: { up: { kind: 'else' } } },
    { providers: { up: { kind: 'openai', credentials: [{ name: 'm', aws: 'mine' }] } } },
    { providers: { up: { kind: 'bedrock', region: 'US' } } },
    { models: { a: { targets: [] } } },
    { models: { a: { targets, routing: 'cost' } } },
    { models: { a: { targets, hedge: {} } } },
    { models: { a: { targets, timeouts: { total: '10 m' } } } },
  ])('marks %j', (document) => {
    expect(isDocument(document)).toBe(false)
  })
})

test('requests about keys have a JSON Schema too', () => {
  const isKeyRequest = ajv.compile(jsonSchemaOf(keyRequestSchema))
  expect(isKeyRequest({ name: 'k', owner: { team: 'a' }, expiresAt: '2030-01-01T00:00:00Z' })).toBe(true)
  expect(isKeyRequest({ name: 'k', id: 'x' })).toBe(false)
  const isRotateRequest = ajv.compile(jsonSchemaOf(rotateRequestSchema))
  expect(isRotateRequest({ overlap: '24h' })).toBe(true)
  expect(isRotateRequest({ overlap: 24 })).toBe(false)
})
