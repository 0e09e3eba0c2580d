import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { arbitraryAnswer } from '../../../../shared/chat/arbitrary-chat.ts'
import { explode } from '../../../../shared/chat/explode.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { factsFor } from '../test-dialects.ts'
import { geminiInbound, geminiStreamInbound } from './gemini.ts'
import { GeminiStreamObserver } from './stream-observer.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into answers whose shape they assert
type Told = any

function read(body: object): ChatRequest {
  const request = geminiInbound.parseRequest({ contents: [], ...body })
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  return request.value
}

function streamed(answer: ChatAnswer, framing: 'sse' | 'list'): Told[] {
  const printer = geminiStreamInbound(framing).openPrinter(factsFor(geminiInbound))
  let text = ''
  explode(answer, (event) => {
    text += printer.print(event)
  })
  if (framing === 'list') return JSON.parse(text)
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => JSON.parse(event.slice('data: '.length)))
}

/** Assembles chunks as a caller would: consecutive texts of one kind are one text. */
function said(chunks: readonly Told[], index: number): Told {
  const candidates = chunks.flatMap(({ candidates }) => candidates.filter((one: Told) => one.index === index))
  const parts: Told[] = []
  for (const part of candidates.flatMap(({ content }) => content.parts)) {
    if (part.text === '' && part.thoughtSignature === undefined) continue
    const last = parts.at(-1)
    const joins =
      part.text !== undefined &&
      last?.text !== undefined &&
      last.thought === part.thought &&
      last.thoughtSignature === undefined
    if (joins) parts[parts.length - 1] = { ...last, ...part, text: last.text + part.text }
    else parts.push(part)
  }
  const finishes = candidates.map(({ finishReason }) => finishReason).filter((reason) => reason !== undefined)
  return {
    parts: parts.filter(({ text, thoughtSignature }) => text !== '' || thoughtSignature !== undefined),
    finishes,
  }
}

test.each(['sse', 'list'] as const)('a stream as %s, assembled, is the whole answer (wire 77)', (framing) => {
  fc.assert(
    fc.property(arbitraryAnswer, (answer) => {
      const whole = JSON.parse(geminiInbound.printAnswer(answer, factsFor(geminiInbound)))
      const chunks = streamed(answer, framing)
      for (const { index, finishReason } of whole.candidates) {
        const { parts } = said([whole], index)
        expect(said(chunks, index)).toEqual({ parts, finishes: [finishReason] })
      }
      expect(chunks.at(-1).usageMetadata).toEqual(whole.usageMetadata)
      expect(chunks.at(-1).responseId).toBe(whole.responseId)
    }),
  )
})

test('thoughts are counted beside the answer (wire 75)', () => {
  const usage = { input: 10, output: 9, cached: 4, cacheWrite5m: 0, cacheWrite1h: 0, reasoning: 5 }
  const answer: ChatAnswer = { id: 'a', model: 'm', choices: [{ parts: [], finish: { reason: 'stop' } }], usage }
  expect(JSON.parse(geminiInbound.printAnswer(answer, factsFor(geminiInbound))).usageMetadata).toEqual({
    promptTokenCount: 10,
    candidatesTokenCount: 4,
    thoughtsTokenCount: 5,
    cachedContentTokenCount: 4,
    totalTokenCount: 19,
  })
})

describe('a request', () => {
  test('may be written in either spelling (wire 77)', () => {
    const camel = {
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      generationConfig: { maxOutputTokens: 5, stopSequences: ['x'], responseMimeType: 'application/json' },
    }
    const snake = {
      system_instruction: { parts: [{ text: 'Be brief.' }] },
      generation_config: { max_output_tokens: 5, stop_sequences: ['x'], response_mime_type: 'application/json' },
    }
    expect(read(snake)).toEqual(read(camel))
    expect(read(camel)).toMatchObject({
      messages: [{ role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] }],
      parameters: { maxOutputTokens: 5, stop: ['x'] },
      responseFormat: { type: 'json-object' },
    })
  })

  test('has calls without ids told apart, and results find theirs by order (wire 70)', () => {
    const call = (city: string) => ({ functionCall: { name: 'weather', args: { city } } })
    const result = (degrees: number) => ({ functionResponse: { name: 'weather', response: { degrees } } })
    const contents = [
      { role: 'model', parts: [call('Paris'), call('Rome')] },
      { role: 'user', parts: [result(20), result(30)] },
    ]
    const [called, answered] = read({ contents }).messages
    const ids = called!.parts.map((part) => (part.type === 'tool-call' ? part.id : ''))
    expect(new Set(ids).size).toBe(2)
    expect(answered!.parts.map((part) => (part.type === 'tool-result' ? part.callId : ''))).toEqual(ids)
  })

  test('keeps a signature on its part (wire 71)', () => {
    const parts = [
      { functionCall: { name: 'f', args: {} }, thoughtSignature: 'AbC=' },
      { text: 'x', thought_signature: 'D' },
    ]
    expect(read({ contents: [{ role: 'model', parts }] }).messages[0]!.parts).toMatchObject([
      { type: 'tool-call', signature: { family: 'google', data: 'AbC=' } },
      { type: 'text', signature: { family: 'google', data: 'D' } },
    ])
  })

  test('has schemas in capitals, which are read as JSON Schema (wire 74)', () => {
    const parameters = {
      type: 'OBJECT',
      properties: {
        city: { type: 'STRING', nullable: true, enum: ['STRING'] },
        tags: { type: 'ARRAY', items: { type: 'STRING' } },
      },
    }
    const [tool] = read({ tools: [{ functionDeclarations: [{ name: 'f', parameters }] }] }).tools
    expect(tool).toMatchObject({
      parameters: {
        type: 'object',
        properties: {
          city: { type: ['string', 'null'], enum: ['STRING'] },
          tags: { type: 'array', items: { type: 'string' } },
        },
      },
    })
  })

  test.each([
    [{ contents: [{ parts: [7] }] }, 'contents[0].parts[0]'],
    [{ contents: 7 }, 'contents'],
    [{ contents: [], generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
    [{ contents: [], tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
  ])('that is wrong is told with the place: %j', (body, path) => {
    expect(geminiInbound.parseRequest(body)).toMatchObject({ ok: false, error: { path } })
  })
})

describe('a stream whose bytes pass through', () => {
  const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`

  test('ends with the chunk that has the reason and the usage, the last usage counting (wire 75)', () => {
    const observer = new GeminiStreamObserver()
    const text = { candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }
    const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 2 }
    expect(observer.observe(event({ ...text, usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1 } }))).toBe(
      'token',
    )
    expect(observer.observe(event({ candidates: [{ finishReason: 'STOP' }], usageMetadata }))).toBe('last')
    expect([observer.finished, observer.usage]).toMatchObject([true, { input: 5, output: 5, reasoning: 2 }])
  })

  test('that was blocked is finished, and an error is one (wire 73)', () => {
    const observer = new GeminiStreamObserver()
    expect(observer.observe(event({ error: { message: 'no' } }))).toBe('error')
    observer.observe(event({ promptFeedback: { blockReason: 'SAFETY' } }))
    expect([observer.finished, observer.errorMessage]).toEqual([true, 'no'])
  })
})

test.each([
  [{ systemInstruction: { parts: [] }, system_instruction: { parts: [] } }, 'systemInstruction'],
  [{ generationConfig: { maxOutputTokens: 5 }, generation_config: { max_output_tokens: 60_000 } }, 'generationConfig'],
  [{ generationConfig: { maxOutputTokens: 5, max_output_tokens: 60_000 } }, 'generationConfig.maxOutputTokens'],
  [{ generation_config: { candidate_count: 8, candidateCount: 1 } }, 'generationConfig.candidateCount'],
])('a member in both spellings is refused: %j', (body, path) => {
  expect(geminiInbound.parseRequest({ contents: [], ...body })).toMatchObject({ ok: false, error: { path } })
})
