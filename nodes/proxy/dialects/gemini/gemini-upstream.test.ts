import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import type { TargetTraits } from '../dialect.ts'
import { openAiChatInbound } from '../openai-chat/openai-chat.ts'
import { factsFor, printedNothing, requestOf } from '../test-dialects.ts'
import { geminiUpstream } from './gemini.ts'
import { withGeminiModel, withGeminiModels } from './parse-embeddings.ts'
import { openApiSchemaOf } from './print-schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
type Told = any

function target(model: string, facts: ModelFacts = {}): TargetTraits {
  return { model, facts, quirks: {} }
}

function printed(request: Partial<ChatRequest>, model = 'gemini-2.5-flash') {
  const result = geminiUpstream.printRequest(requestOf({ messages: [hello], ...request }), target(model))
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return { ...result.value, body: JSON.parse(result.value.body) as Told }
}

const hello: Message = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] }

function answerOf(body: JsonObject): ChatAnswer {
  return geminiUpstream.parseAnswer(body, printedNothing)!
}

function candidate(parts: object[], more: object = {}) {
  return { candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP', ...more }] }
}

function eventsOf(text: string): ChatEvent[] {
  const parser = geminiUpstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  parser.push(Buffer.from(text), (event) => void events.push(event))
  parser.end((event) => void events.push(event))
  return events
}

function streamed(...chunks: object[]): ChatAnswer {
  const answer = assemble(eventsOf(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')))
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}

describe('calls of functions', () => {
  const call = (city: string) => ({ functionCall: { name: 'weather', args: { city } } })

  test('without ids get some that differ, in every answer others (wire 23, 70)', () => {
    const idsOf = (responseId: string) =>
      answerOf({ ...candidate([call('Paris'), call('Rome')]), responseId }).choices[0]!.parts.map((part) =>
        part.type === 'tool-call' ? part.id : '',
      )
    expect(new Set([...idsOf('r1'), ...idsOf('r2')]).size).toBe(4)
    expect(idsOf('r1')).toEqual(idsOf('r1'))
  })

  test('results go back by their ids, in the order of the calls (wire 70)', () => {
    const calls = ['a', 'b'].map(
      (id) => ({ type: 'tool-call', form: 'function', id, name: 'weather', input: '{}' }) as const,
    )
    const results = ['b', 'a'].map(
      (callId) => ({ type: 'tool-result', callId, parts: [{ type: 'text', text: `of ${callId}` }] }) as const,
    )
    const { body } = printed({
      messages: [hello, { role: 'assistant', parts: calls }, { role: 'user', parts: results }],
    })
    expect(body.contents[2].parts).toEqual([
      { functionResponse: { id: 'a', name: 'weather', response: { output: 'of a' } } },
      { functionResponse: { id: 'b', name: 'weather', response: { output: 'of b' } } },
    ])
  })

  test('keep every digit of their arguments', () => {
    const text =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890}}}]},"finishReason":"STOP"}]}'
    const answer = assemble(eventsOf(`data: ${text}\n\n`))
    expect(answer.ok && answer.value.choices[0]!.parts[0]).toMatchObject({ input: '{"n":12345678901234567890}' })
  })

  test('whose arguments come in pieces are put together, and pollute nothing (wire 90)', () => {
    const piece = (jsonPath: string, stringValue: string, willContinue = false) => ({
      functionCall: { partialArgs: [{ jsonPath, stringValue, willContinue }], willContinue: true },
    })
    const answer = streamed(
      candidate([{ functionCall: { name: 'f', willContinue: true } }], { finishReason: undefined }),
      candidate([piece('$.a[0].b', 'x', true), piece('$.a[0].b', 'y'), piece('$.__proto__.z', 'p')], {
        finishReason: undefined,
      }),
      candidate([{ functionCall: {} }]),
    )
    const [part] = answer.choices[0]!.parts
    expect(part?.type === 'tool-call' && part.input).toBe('{"a":[{"b":"xy"}],"__proto__":{"z":"p"}}')
    expect(({} as Told).z).toBeUndefined()
  })

  test('end a turn as such, but a turn that was cut off stays one (wire 26)', () => {
    expect(answerOf(candidate([call('Paris')])).choices[0]!.finish).toEqual({ reason: 'tool-calls', raw: 'STOP' })
    const cutOff = answerOf(candidate([call('Paris')], { finishReason: 'MAX_TOKENS' }))
    expect(cutOff.choices[0]!.finish.reason).toBe('length')
  })
})

describe('thought signatures', () => {
  test('stay on their part and go back with it, exactly (wire 71)', () => {
    const parts = [
      { text: 'Hm.', thought: true },
      { functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 'AbC+/=' },
    ]
    const { parts: said } = answerOf(candidate(parts)).choices[0]!
    expect(said[1]).toMatchObject({ signature: { family: 'google', data: 'AbC+/=' } })
    const { body } = printed({ messages: [hello, { role: 'assistant', parts: said }] }, 'gemini-3-pro-preview')
    expect(body.contents[1].parts).toEqual([parts[1]])
  })

  test('that come in pieces are one (wire 71)', () => {
    const piece = (thoughtSignature: string) => candidate([{ text: '', thoughtSignature }], { finishReason: undefined })
    const answer = streamed(
      candidate([{ text: 'Hi' }], { finishReason: undefined }),
      piece('Ab'),
      piece('Cd'),
      candidate([]),
    )
    const said = answer.choices[0]!.parts
    expect(said).toMatchObject([
      { text: 'Hi', signature: undefined },
      { text: '', signature: { data: 'AbCd' } },
    ])
    const { body } = printed({ messages: [hello, { role: 'assistant', parts: said }] }, 'gemini-3-pro-preview')
    expect(body.contents[1].parts).toEqual([{ text: 'Hi' }, { text: '', thoughtSignature: 'AbCd' }])
  })

  test('of others do not go to Google; a model that wants one is told that there is none (wire 36)', () => {
    const signature = { family: 'anthropic', data: 's' } as const
    const parts = [
      { type: 'reasoning', text: 'Hm.', signature },
      { type: 'tool-call', form: 'function', id: 'c', name: 'f', input: '{}' },
    ] as const
    const sent = (model: string) =>
      printed({ messages: [hello, { role: 'assistant', parts }] }, model).body.contents[1].parts
    const functionCall = { id: 'c', name: 'f', args: {} }
    expect(sent('gemini-2.5-pro')).toEqual([{ functionCall }])
    expect(sent('gemini-3-pro-preview')).toEqual([
      { functionCall, thoughtSignature: 'skip_thought_signature_validator' },
    ])
  })
})

test.each([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ...['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'].map((raw) => [
    raw,
    'content-filter',
  ]),
  ...['MALFORMED_FUNCTION_CALL', 'OTHER', 'SOMETHING_NEW'].map((raw) => [raw, 'stop']),
])('%s ends an answer as %s, and the word is kept (wire 72)', (raw, reason) => {
  expect(answerOf(candidate([{ text: 'x' }], { finishReason: raw })).choices[0]!.finish).toEqual({ reason, raw })
})

test('a prompt that was blocked is a filtered answer, whole and streamed (wire 73)', () => {
  const blocked = { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4 } }
  for (const answer of [answerOf(blocked), streamed(blocked)]) {
    expect(answer.choices).toMatchObject([
      { parts: [], finish: { reason: 'content-filter', raw: 'PROHIBITED_CONTENT' } },
    ])
    const { choices } = JSON.parse(openAiChatInbound.printAnswer(answer, factsFor(openAiChatInbound)))
    expect(choices[0].finish_reason).toBe('content_filter')
  }
})

test('thoughts are output, cached tokens input, and the last count holds (wire 75)', () => {
  const usage = (candidatesTokenCount: number) => ({
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount, thoughtsTokenCount: 5, cachedContentTokenCount: 4 },
  })
  const answer = streamed(
    { ...candidate([{ text: 'a' }], { finishReason: undefined }), ...usage(1) },
    { ...candidate([]), ...usage(3) },
  )
  expect(answer.usage).toMatchObject({ input: 10, output: 8, cached: 4, reasoning: 5 })
})

test('answers are read in either spelling, and as a list (wire 77)', () => {
  const snake = {
    candidates: [{ content: { parts: [{ text: 'Hi' }] }, finish_reason: 'STOP' }],
    usage_metadata: { prompt_token_count: 3 },
  }
  const list = assemble(eventsOf(`[${JSON.stringify(snake)}\n]`))
  expect(list.ok && list.value).toEqual(answerOf(snake))
  expect(answerOf(snake)).toMatchObject({ choices: [{ finish: { reason: 'stop' } }], usage: { input: 3 } })
  expect(eventsOf('[{"candidates":[{"finishReason":"STOP"}]}').at(-1)).toEqual({ type: 'upstream-cut' })
})

test('pages that an answer was grounded on are cited where they are used, counted in bytes there (wire 85)', () => {
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }],
    groundingSupports: [
      { segment: { startIndex: 6, endIndex: 10, text: 'café'.slice(0, 3) }, groundingChunkIndices: [0] },
    ],
  }
  const { parts } = answerOf(candidate([{ text: 'naïve café' }], { groundingMetadata })).choices[0]!
  expect(parts).toMatchObject([{ citations: [{ url: 'https://a.example', title: 'A', start: 6, end: 9 }] }])
})

describe('errors', () => {
  const told = (error: object) => geminiUpstream.parseError(400, Buffer.from(JSON.stringify({ error })))

  test.each([
    [{ status: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.' }, 'authentication'],
    [
      {
        status: 'INVALID_ARGUMENT',
        message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).',
      },
      'context-length',
    ],
    [{ status: 'INVALID_ARGUMENT', message: 'No.' }, 'invalid-request'],
    [{ status: 'RESOURCE_EXHAUSTED', message: 'No.' }, 'rate-limit'],
    [{ status: 'UNAVAILABLE', message: 'No.' }, 'overloaded'],
  ])('%j is %s (wire 91, 95)', (error, kind) => {
    expect(told(error).kind).toBe(kind)
  })

  test('in a stream are errors', () => {
    expect(eventsOf('data: {"error":{"code":503,"status":"UNAVAILABLE","message":"Busy."}}\n\n').at(-1)).toMatchObject({
      type: 'error',
      error: { kind: 'overloaded', message: 'Busy.' },
    })
  })
})

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
