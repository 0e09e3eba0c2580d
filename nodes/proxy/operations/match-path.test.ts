import { expect, test } from 'vitest'
import type { RequestHead } from '../http/http.ts'
import { errorShapeAt, matchOperation, mediaTypesAt } from './match-path.ts'

test.each([
  ['POST', '/v1/chat/completions', '/v1/chat/completions'],
  ['POST', '/openai/v1/chat/completions', '/v1/chat/completions'],
  ['POST', '/chat/completions', '/v1/chat/completions'],
  ['POST', '/openai/responses', '/v1/responses'],
  ['POST', '/anthropic/v1/messages', '/v1/messages'],
  ['POST', '/v2/rerank', '/v2/rerank'],
  ['GET', '/health/readiness', '/readyz'],
  ['GET', '/v1/models', '/v1/models'],
  ['POST', '/openai/v1/files', '/v1/files'],
  ['GET', '/v1/files/file-hg-abc/content', '/v1/files/{id}/content'],
  ['GET', '/v1/responses/resp_1', '/v1/responses/{id}'],
  ['GET', '/v1/responses/resp_1/input_items', '/v1/responses/{id}/input_items'],
])('%s %s is the operation %s', (method, path, name) => {
  const match = matchOperation(head(method, path))
  expect(match).toMatchObject({ ok: true, value: { operation: { name } } })
})

test('a path that names a model brings its name, decoded', () => {
  const match = matchOperation(head('POST', '/v1beta/models/google%2Fgemini:generateContent'))
  expect(match).toMatchObject({ ok: true, value: { model: 'google/gemini' } })
})

test('a request for one model of the list brings its name', () => {
  expect(matchOperation(head('GET', '/v1/models/a/b'))).toMatchObject({ ok: true, value: { model: 'a/b' } })
})

test('a stored response is found by its id and what is to be done with it', () => {
  const match = matchOperation(head('POST', '/v1/responses/resp_1/cancel'))
  expect(match).toMatchObject({ ok: true, value: { response: { id: 'resp_1', action: 'cancel' } } })
})

test('a mistyped path is answered with the nearest one', () => {
  const error = { type: 'unknown-path', nearest: '/v1/chat/completions' }
  expect(matchOperation(head('POST', '/v1/chat/completion'))).toEqual({ ok: false, error })
})

test.each([
  '/v1/responses/compact',
  '/v1/responses/input_tokens',
  '/v1/images/unknown',
  '/mcp',
  '/v1/messages/batches',
])('%s is told from a mistyped path', (path) => {
  expect(matchOperation(head('POST', path))).toMatchObject({ ok: false, error: { type: 'not-served' } })
})

test('realtime needs a WebSocket', () => {
  expect(matchOperation(head('GET', '/v1/realtime'))).toEqual({ ok: false, error: { type: 'upgrade-required' } })
})

test('paths are not decoded or normalised', () => {
  for (const path of [
    '/v1//chat/completions',
    '/v1/chat/completions/',
    '/v1/chat%2Fcompletions',
    '/V1/chat/completions',
  ]) {
    expect(matchOperation(head('POST', path)).ok).toBe(false)
  }
})

test.each([
  [{}, 'openai'],
  [{ 'anthropic-version': '2023-06-01' }, 'anthropic'],
  [{ 'x-goog-api-key': 'k' }, 'gemini'],
])('with the headers %o the list of models has the shape of %s', (headers, errors) => {
  const match = matchOperation(head('GET', '/v1/models', headers))
  expect(match).toMatchObject({ ok: true, value: { operation: { errors } } })
})

test.each([
  ['/v1/chat/completions', 'openai'],
  ['/v1/messages', 'anthropic'],
  ['/anthropic/v1/unknown', 'anthropic'],
  ['/v1beta/models/a:generateContent', 'gemini'],
  ['/v1/models/a:generateContent', 'gemini'],
  ['/unknown', 'openai'],
])('errors at %s have the shape of %s', (path, shape) => {
  expect(errorShapeAt(path)).toBe(shape)
})

test.each([
  ['/v1/chat/completions', undefined],
  ['/v1/audio/transcriptions', ['multipart/form-data']],
  ['/v1/images/edits', ['multipart/form-data', 'application/json']],
  ['/v1/files', ['multipart/form-data']],
  ['/v1/batches', ['application/json']],
  ['/v1/batches/batch_1/cancel', ['application/json', '']],
  ['/openai/deployments/whisper/audio/transcriptions', ['multipart/form-data']],
])('bodies at %s have the types %o', (path, types) => {
  expect(mediaTypesAt(path)).toEqual(types)
})

function head(method: string, path: string, headers: Readonly<Record<string, string>> = {}): RequestHead {
  return {
    method,
    path,
    query: '',
    authorization: undefined,
    apiKey: undefined,
    contentType: undefined,
    requestId: undefined,
    header: (name) => headers[name],
  }
}
