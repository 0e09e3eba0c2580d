import { expect, test } from 'vitest'
import { matchOperation } from '../operations/match-path.ts'
import { testHead } from '../request/test-request.ts'
import { anthropic, gemini, openAiChat, openAiResponses } from '../streams/test-streams.ts'
import { PassThrough } from './pass-through.ts'

function read(path: string, answer: object | string) {
  const found = matchOperation(testHead({ path }))
  if (!found.ok) throw new Error(path)
  const translator = new PassThrough(found.value.operation, { path, headerLines: '', body: [] })
  const bytes = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer))
  return { answer: translator.readAnswer(bytes, 'application/json'), failure: translator.failureWithin(bytes) }
}

const chat = '/v1/chat/completions'
const completions = '/v1/completions'
const responses = '/v1/responses'
const messages = '/v1/messages'
const generate = '/v1beta/models/m:generateContent'
const embeddings = '/v1/embeddings'
const everyPath = [chat, completions, responses, messages, generate, embeddings, '/v1/moderations']

const completion = { choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }] }
const response = openAiResponses.whole('hi')
const vectors = { data: [{ index: 0, embedding: [0.5] }] }
// OpenRouter: a host that fails after its head went out (openrouter.ai/docs/api-reference/errors).
const hostError = { message: 'Provider returned error', code: 502, metadata: { provider_name: 'Z' } }

test.each<[string, object]>([
  [chat, openAiChat.whole('he said "error" and {"error":{"message":"x"}}')],
  // Some hosts write the member that others leave out.
  [chat, { ...openAiChat.whole('hi'), error: null }],
  [chat, { ...openAiChat.whole('hi'), error: '' }],
  [chat, { choices: [{ message: { content: null }, finish_reason: 'length' }] }],
  [completions, completion],
  // openai/resources/responses: `error` is null in a response that did not fail.
  [responses, { ...response, error: null }],
  [responses, { ...response, status: 'incomplete', output: [] }],
  // A tool of the caller is echoed.
  [responses, { ...response, tools: [{ parameters: { properties: { error: { enum: ['failed'] } } } }] }],
  // A hosted tool may fail in a response that does not.
  [responses, { ...response, output: [{ type: 'web_search_call', status: 'failed' }] }],
  [messages, anthropic.whole('hi')],
  [messages, { ...anthropic.whole(''), content: [] }],
  ['/v1/messages/count_tokens', { input_tokens: 7 }],
  [generate, gemini.whole('hi')],
  // ai.google.dev/api/generate-content: a blocked prompt has no candidates.
  [generate, { promptFeedback: { blockReason: 'SAFETY' } }],
  ['/v1beta/models/m:countTokens', { totalTokens: 7 }],
  ['/v1beta/models/m:embedContent', { embedding: { values: [0.5] } }],
  ['/v1beta/models/m:batchEmbedContents', { embeddings: [{ values: [0.5] }] }],
  [embeddings, vectors],
  ['/v1/moderations', { results: [] }],
  ['/v1/rerank', { results: [] }],
])('at %s this is an answer: %j', (path, answer) => {
  expect(read(path, answer).answer?.body.toString()).toBe(JSON.stringify(answer))
})

test.each<[string, object]>([
  [chat, { choices: null }],
  [chat, { choices: [] }],
  [chat, { object: 'chat.completion' }],
  [completions, { choices: [] }],
  [responses, { status: 'completed', output: null }],
  [responses, { ...response, status: 'failed', output: [] }],
  [messages, { id: 'msg_1' }],
  [messages, { content: '' }],
  [generate, { candidates: [] }],
  [generate, { usageMetadata: {} }],
  [embeddings, { data: [] }],
  [embeddings, { data: null }],
  ['/v1beta/models/m:embedContent', {}],
  ['/v1/messages/count_tokens', {}],
])('at %s this is no answer: %j', (path, answer) => {
  const { answer: none, failure } = read(path, answer)
  expect([none, failure.condition]).toEqual([undefined, '5xx'])
})

test.each(everyPath)('at %s neither nothing nor white space is an answer', (path) => {
  for (const body of ['', ' \r\n\t']) {
    const { answer, failure } = read(path, body)
    expect([answer, failure]).toMatchObject([undefined, { condition: '5xx', error: { type: 'upstream-protocol' } }])
  }
})

test.each(everyPath)('at %s an error is none either, and its words are kept', (path) => {
  const { answer, failure } = read(path, { ...completion, output: [], content: [], error: hostError })
  const error = { type: 'upstream-error-event', message: hostError.message }
  expect([answer, failure]).toMatchObject([undefined, { condition: '5xx', error }])
})

test.each<[string, object]>([
  ['in the choice', { choices: [{ finish_reason: 'stop', error: { ...hostError }, message: { content: '' } }] }],
  ['in a later choice', { choices: [{ message: {} }, { error: { ...hostError }, message: {} }] }],
])('an error %s is one of the answer', (_, body) => {
  const { answer, failure } = read(chat, body)
  expect([answer, failure]).toMatchObject([undefined, { condition: '5xx', error: { message: hostError.message } }])
})

test('a choice that ended with an error is none', () => {
  // Mistral lists `error` among its finish reasons (docs.mistral.ai/api).
  const { answer, failure } = read(chat, { choices: [{ message: { content: 'half' }, finish_reason: 'error' }] })
  expect([answer, failure.condition]).toEqual([undefined, '5xx'])
})

test('an error means what its code means', () => {
  const limited = read(chat, { error: { ...hostError, code: 429 } })
  expect(limited.failure.condition).toBe('429')
  // Another target may take what this one refuses, and the caller hears of it where none does.
  const refused = read(chat, { error: { type: 'invalid_request_error', message: 'no such voice' } })
  expect(refused.failure).toMatchObject({ condition: '5xx', error: { type: 'rejected-in-stream', status: 400 } })
  const google = read(generate, { error: { code: 503, status: 'UNAVAILABLE', message: 'busy' } })
  expect(google.failure).toMatchObject({ condition: '5xx', error: { message: 'busy' } })
})

test('a body in spaces is read as one without', () => {
  expect(read(chat, JSON.stringify({ choices: [] }, undefined, 2)).answer).toBeUndefined()
  expect(read(chat, '{ "choices" : [ ] }').answer).toBeUndefined()
  expect(read(chat, JSON.stringify(openAiChat.whole('hi'), undefined, 2)).answer).toBeDefined()
})
