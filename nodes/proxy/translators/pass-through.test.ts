import { expect, test } from 'vitest'
import { matchOperation } from '../operations/match-path.ts'
import type { Operation } from '../operations/operation.ts'
import { testHead } from '../request/test-request.ts'
import { ByteStream } from '../streams/byte-stream.ts'
import { PassThroughStream } from '../streams/pass-through-stream.ts'
import { PassThrough, type PassThroughRequest } from './pass-through.ts'

function operationAt(path: string, query = ''): Operation {
  const found = matchOperation(testHead({ path, query }))
  if (!found.ok) throw new Error(path)
  return found.value.operation
}

const sent: PassThroughRequest = { path: '/v1/x', headerLines: 'traceparent: t1\r\n', body: [Buffer.from('{}')] }

function passThroughAt(path: string, more: Partial<PassThroughRequest> = {}): PassThrough {
  return new PassThrough(operationAt(path), { ...sent, ...more })
}

const options = {
  showUsage: false,
  nowMs: 5,
  sink: { onFirstByte: () => {}, onBytes: () => {}, onDone: () => {}, onErrorEvent: () => {} },
}

test('a request is sent as it was made', () => {
  const made = passThroughAt('/v1/chat/completions', { contentType: 'multipart/form-data', credential: 'main' })
  expect(made).toMatchObject({
    ...sent,
    contentType: 'multipart/form-data',
    credential: 'main',
    passesThrough: true,
    dropped: '',
  })
  expect(made.estimatedInput).toBe(0)
})

const chatAnswer = { choices: [{ message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] }

test.each<[string, object, object | undefined]>([
  [
    '/v1/chat/completions',
    { ...chatAnswer, usage: { prompt_tokens: 3, completion_tokens: 4 } },
    { input: 3, output: 4 },
  ],
  ['/v1/responses', { output: [], usage: { input_tokens: 3, output_tokens: 4 } }, { input: 3, output: 4 }],
  [
    '/v1/messages',
    { content: [], usage: { input_tokens: 3, cache_read_input_tokens: 2, output_tokens: 4 } },
    { input: 5, cached: 2, output: 4 },
  ],
  [
    '/v1beta/models/m:generateContent',
    { candidates: [{}], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } },
    { input: 3, output: 4 },
  ],
  ['/v1/chat/completions', chatAnswer, undefined],
])('an answer at %s goes on to the byte, and its usage is read as its dialect has it', (path, answer, usage) => {
  const bytes = Buffer.from(JSON.stringify(answer))
  const told = passThroughAt(path).readAnswer(bytes, 'application/json')
  expect(told?.body).toBe(bytes)
  if (usage === undefined) expect(told?.usage).toBeUndefined()
  else expect(told?.usage).toMatchObject(usage)
  expect(told?.units).toBeUndefined()
})

const bytesOfFile = { unit: 'bytes', amount: 9 } as const

test('units come from the answer, else from the request', () => {
  const made = passThroughAt('/v1/audio/transcriptions', { units: bytesOfFile })
  const told = (answer: object) => made.readAnswer(Buffer.from(JSON.stringify(answer)), 'application/json')?.units
  expect(told({ text: 'x', duration: 2.5 })).toEqual({ unit: 'seconds', amount: 2.5 })
  expect(told({ text: 'x' })).toEqual(bytesOfFile)
})

test('events are watched as the operation has them, and other bytes are not read', () => {
  const stream = passThroughAt('/v1/chat/completions').openStream(options)
  expect(stream).toBeInstanceOf(PassThroughStream)
  const audio = passThroughAt('/v1/audio/speech').openBytes('audio/mpeg', options)
  expect([audio instanceof ByteStream, audio.contentType]).toEqual([true, 'audio/mpeg'])
})

const unknownKey = { error: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid.' } }

test("errors are read in the body, Google's at its OpenAI endpoint too", () => {
  const answer = {
    status: 400,
    contentType: 'application/json',
    retryAfterMs: undefined,
    body: Buffer.from(JSON.stringify(unknownKey)),
  }
  expect(passThroughAt('/v1beta/models/m:generateContent').failureOf(answer).error.type).toBe('upstream-auth')
  expect(passThroughAt('/v1/chat/completions').failureOf(answer).error.type).toBe('upstream-auth')
})
