// Requests, schemas and embeddings printed for Gemini.
import { describe, expect, test } from 'vitest'
import { geminiUpstream } from './gemini.ts'
import { withGeminiModel, withGeminiModels } from './parse-embeddings.ts'
import { openApiSchemaOf } from './print-schema.ts'
import { printed, target } from './test-gemini.ts'

describe('a request', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }
  const responseFormat = { type: 'json-schema', name: 'x', schema } as const

  test('has its schema as it is, where the model takes JSON Schema (wire 74)', () => {
    expect(printed({ responseFormat }).body.generationConfig).toEqual({
      responseMimeType: 'application/json',
      responseJsonSchema: schema,
    })
    expect(printed({ responseFormat }, 'gemini-1.5-pro').body.generationConfig.responseSchema).toEqual({
      type: 'OBJECT',
      properties: { a: { type: 'STRING' } },
    })
  })

  test('has a tool for its form beside tools, where the model takes not both (wire 82)', () => {
    const tools = [{ type: 'function', name: 'f', parameters: schema }] as const
    expect(printed({ responseFormat, tools }).jsonTool).toBe('json_answer')
    expect(printed({ responseFormat, tools }, 'gemini-3-pro-preview').jsonTool).toBeUndefined()
  })

  test.each([
    ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }, false],
    ['gemini-2.5-pro', { effort: 'none' }, { thinkingBudget: 128 }, true],
    ['gemini-2.5-flash', { effort: 'high' }, { thinkingBudget: 16_384, includeThoughts: true }, false],
    ['gemini-2.5-flash', { budgetTokens: 99_999 }, { thinkingBudget: 24_576, includeThoughts: true }, true],
    ['gemini-2.5-flash', { adaptive: true }, { thinkingBudget: -1, includeThoughts: true }, false],
    ['gemini-3-pro-preview', { effort: 'medium' }, { thinkingLevel: 'HIGH', includeThoughts: true }, true],
    ['gemini-3-flash-preview', { effort: 'none' }, { thinkingLevel: 'MINIMAL' }, true],
    ['gemini-2.0-flash', { effort: 'low' }, undefined, true],
  ] as const)('to %s that wants %j thinks as %j (wire 84)', (model, reasoning, thinkingConfig, isNamed) => {
    const { body, dropped } = printed({ parameters: { reasoning } }, model)
    expect(body.generationConfig?.thinkingConfig).toEqual(thinkingConfig)
    expect(dropped).toEqual(isNamed ? [{ parameter: 'reasoning' }] : [])
  })

  test('has media of every kind, with their types (wire 78)', () => {
    const parts = [
      { type: 'image', media: { from: 'bytes', base64: 'iVBORw0KGgo=', mediaType: 'image/jpg' } },
      { type: 'image', media: { from: 'url', url: 'https://x.example/a.webp' } },
      { type: 'file', media: { from: 'url', url: 'gs://bucket/a.pdf' } },
      { type: 'audio', media: { from: 'bytes', base64: 'AA==', mediaType: 'audio/wav' } },
      { type: 'video', media: { from: 'url', url: 'https://youtu.be/x' } },
    ] as const
    expect(printed({ messages: [{ role: 'user', parts }] }).body.contents[0].parts).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
      { fileData: { fileUri: 'https://x.example/a.webp', mimeType: 'image/webp' } },
      { fileData: { fileUri: 'gs://bucket/a.pdf', mimeType: 'application/pdf' } },
      { inlineData: { mimeType: 'audio/wav', data: 'AA==' } },
      { fileData: { fileUri: 'https://youtu.be/x', mimeType: 'video/mp4' } },
    ])
  })

  test('names what cannot be said there (wire 81)', () => {
    const { body, dropped } = printed({
      parameters: { logitBias: {}, user: 'u', n: 2, stop: ['1', '2', '3', '4', '5', '6'] },
    })
    expect(body.generationConfig).toEqual({ candidateCount: 2, stopSequences: ['1', '2', '3', '4', '5'] })
    expect(dropped).toEqual([{ parameter: 'logitBias' }, { parameter: 'user' }, { parameter: 'stop' }])
  })

  test('of a caller of the same dialect keeps what has no name elsewhere', () => {
    const extras = { cachedContent: 'cachedContents/1', 'generationConfig.mediaResolution': 'MEDIA_RESOLUTION_LOW' }
    expect(printed({ dialect: 'gemini', extras }).body).toMatchObject({
      cachedContent: 'cachedContents/1',
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' },
    })
  })
})

test('a schema becomes the part of OpenAPI that older models know (wire 74)', () => {
  const schema = {
    $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' }, tag: { const: 'x' } } } },
    type: 'object',
    additionalProperties: false,
    properties: {
      a: { type: ['string', 'null'] },
      b: { $ref: '#/$defs/node' },
      c: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    },
    required: ['a', 'gone'],
  }
  expect(openApiSchemaOf(schema)).toEqual({
    type: 'OBJECT',
    properties: {
      a: { type: 'STRING', nullable: true },
      b: {
        type: 'OBJECT',
        properties: { next: { type: 'OBJECT' }, tag: { type: 'STRING', format: 'enum', enum: ['x'] } },
      },
      c: { type: 'INTEGER', nullable: true },
    },
    required: ['a'],
  })
})

test('embeddings: one text or many, and the model in the body is the target’s', () => {
  const embed = (texts: string[]) =>
    geminiUpstream.embeddings!.printRequest(
      {
        model: 'e',
        inputs: texts.map((text) => ({ type: 'text', text }) as const),
        dimensions: 8,
        encoding: 'float',
        purpose: 'search_query',
        dialect: 'openai-embeddings',
        extras: {},
      },
      target('gemini-embedding-001'),
    )
  const one = {
    content: { parts: [{ text: 'a' }] },
    model: 'models/gemini-embedding-001',
    outputDimensionality: 8,
    taskType: 'RETRIEVAL_QUERY',
  }
  const single = embed(['a'])
  const many = embed(['a', 'a'])
  expect(single.ok && [single.value.path, JSON.parse(single.value.body)]).toEqual([
    '/models/gemini-embedding-001:embedContent',
    one,
  ])
  expect(many.ok && JSON.parse(many.value.body)).toEqual({ requests: [one, one] })
  const body = { requests: [{ model: 'models/mine' }, { model: 'models/x' }] }
  expect(withGeminiModels(body, 'x')).toEqual({ requests: [{ model: 'models/x' }, { model: 'models/x' }] })
  const same = { model: 'models/x' }
  expect(withGeminiModel(same, 'x')).toBe(same)
})
