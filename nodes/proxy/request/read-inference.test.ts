import { expect, test } from 'vitest'
import { openAiChatInbound } from '../dialects/openai-chat/openai-chat.ts'
import { inferenceRequest, readFacts, readModels } from './read-inference.ts'
import { boundary, formType, testForm } from './test-form.ts'
import { testHead, testRequest } from './test-request.ts'

const transcription = testForm([
  { name: 'file', content: 'RIFF', filename: 'a.wav' },
  { name: 'model', content: 'whisper' },
])

function requestAt(path: string, body: object | string, headers: Record<string, string> = {}, query = '') {
  return testRequest({ head: testHead({ path, headers, query }), body }).request
}

function factsOf(request: ReturnType<typeof requestAt>) {
  const models = readModels(request)
  return models.ok ? readFacts(request, models.value) : models
}

test('a JSON request is read in two steps: its models, then the rest', () => {
  const body = { model: 'fast', models: ['slow'], messages: [{ role: 'user', content: 'hi' }], stream: true }
  const request = requestAt('/v1/chat/completions', body)
  expect(readModels(request)).toMatchObject({ ok: true, value: { type: 'json', model: 'fast', fallbacks: ['slow'] } })
  expect(factsOf(request)).toMatchObject({
    ok: true,
    value: {
      model: 'fast',
      fallbacks: ['slow'],
      stream: true,
      showUsage: false,
      body: { type: 'json' },
      inbound: openAiChatInbound,
      betas: undefined,
    },
  })
})

test('the models of a request are known even if the rest of it is wrong', () => {
  const request = requestAt('/v1/chat/completions', { model: 'fast', messages: [] })
  expect(readModels(request)).toMatchObject({ ok: true })
  expect(factsOf(request)).toMatchObject({ ok: false, error: { code: 'invalid_messages' } })
})

test('a body that cannot be read has no models', () => {
  expect(readModels(requestAt('/v1/chat/completions', '{'))).toMatchObject({
    ok: false,
    error: { code: 'invalid_json' },
  })
})

test('the model in the path goes before that of the body', () => {
  const request = requestAt('/v1beta/models/g:generateContent', { model: 'other', contents: [] })
  expect(readModels(request)).toMatchObject({ ok: true, value: { model: 'g' } })
})

test('a form is read as one', () => {
  const request = requestAt('/v1/audio/transcriptions', transcription, { 'content-type': formType })
  expect(factsOf(request)).toMatchObject({
    ok: true,
    value: { model: 'whisper', stream: false, showUsage: false, body: { type: 'form', boundary }, inbound: undefined },
  })
})

test('an operation that takes only forms says so', () => {
  const request = requestAt('/v1/audio/transcriptions', { model: 'whisper' }, { 'content-type': 'application/json' })
  expect(readModels(request)).toMatchObject({ ok: false, error: { type: 'unsupported-media-type' } })
})

test('an operation that takes both is asked in either way', () => {
  const json = requestAt('/v1/images/edits', { model: 'i', prompt: 'x' }, { 'content-type': 'application/json' })
  expect(factsOf(json)).toMatchObject({ ok: true, value: { body: { type: 'json' } } })
  const parts = ['model', 'prompt'].map((name) => ({ name, content: 'i' }))
  const form = requestAt('/v1/images/edits', testForm(parts), { 'content-type': formType })
  expect(factsOf(form)).toMatchObject({ ok: true, value: { body: { type: 'form' } } })
})

test('a form at a path of JSON is read as JSON, which it is not', () => {
  const request = requestAt('/v1/chat/completions', transcription, { 'content-type': formType })
  expect(readModels(request)).toMatchObject({ ok: false, error: { code: 'invalid_json' } })
})

test("features of Anthropic's API are read from the header", () => {
  const body = { model: 'claude', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] }
  const headers = { 'anthropic-beta': 'files-api' }
  expect(factsOf(requestAt('/v1/messages', body, headers))).toMatchObject({ ok: true, value: { betas: 'files-api' } })
  expect(factsOf(requestAt('/v1/chat/completions', body, headers))).toMatchObject({ value: { betas: undefined } })
})

test('a request is made of its facts and of what it continues', () => {
  const facts = factsOf(requestAt('/v1/responses', { model: 'fast', input: 'hi' }))
  if (!facts.ok) throw new Error(facts.error.type)
  const state = { history: undefined, referred: undefined, pin: undefined, keeper: undefined }
  expect(inferenceRequest(facts.value, state).facts).toEqual({ ...facts.value, state })
  expect(inferenceRequest(facts.value).facts.state).toBeUndefined()
})
