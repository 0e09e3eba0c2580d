import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { testHead } from '../request/test-request.ts'
import { errorShapeAt, matchOperation, matchStoredResponse, mediaTypesAt, realtimePaths } from './match-path.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'OPTIONS'

const at = (path: string, method: Method = 'POST', query = '', headers: Record<string, string> = {}) =>
  matchOperation(testHead({ path, method, query, headers }))

/** Name of the operation, and where the path names a model, that. */
function nameAt(...args: Parameters<typeof at>): string {
  const found = at(...args)
  if (!found.ok) return found.error.type
  const { operation, model } = found.value
  return model === undefined ? operation.name : `${operation.name} of ${model}`
}

const openAiPaths = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/embeddings',
  '/v1/responses',
  '/v1/moderations',
  '/v1/images/generations',
  '/v1/images/edits',
  '/v1/images/variations',
  '/v1/audio/speech',
  '/v1/audio/transcriptions',
  '/v1/audio/translations',
  '/v1/rerank',
  '/v2/rerank',
]

test.each(openAiPaths)('%s is served, under /openai too, to POST alone', (path) => {
  expect([nameAt(path), nameAt(`/openai${path}`)]).toEqual([path, path])
  const found = at(path, 'GET')
  expect(found.ok && found.value.operation.methods).toEqual(['POST'])
  expect(errorShapeAt(path)).toBe('openai')
})

test.each([
  ['/chat/completions', '/v1/chat/completions'],
  ['/embeddings', '/v1/embeddings'],
  ['/rerank', '/v1/rerank'],
  ['/openai/responses', '/v1/responses'],
  ['/anthropic/v1/messages', '/v1/messages'],
  ['/anthropic/v1/messages/count_tokens', '/v1/messages/count_tokens'],
  ['/v1/messages', '/v1/messages'],
  ['/v1/messages/count_tokens', '/v1/messages/count_tokens'],
])('%s is another path of %s', (path, name) => {
  expect(nameAt(path)).toBe(name)
})

test.each<[string, Method, string]>([
  ['/v1/models', 'GET', '/v1/models'],
  ['/models', 'HEAD', '/v1/models'],
  ['/openai/v1/models', 'GET', '/v1/models'],
  ['/anthropic/v1/models', 'GET', '/v1/models'],
  ['/openai/deployments', 'GET', '/openai/deployments'],
  ['/openai/deployments/gpt', 'GET', '/openai/deployments of gpt'],
  ['/openai/deployments/openai%2Fgpt', 'GET', '/openai/deployments of openai/gpt'],
  ['/openai/deployments/gpt/models', 'GET', '/v1/models'],
  ['/openai/deployments/gpt/chat/completions', 'GET', '/v1/chat/completions of gpt'],
  ['/v1beta/models', 'GET', '/v1/models'],
  ['/v1/models/plain', 'GET', '/v1/models of plain'],
  ['/v1/models/a%2Fb', 'GET', '/v1/models of a/b'],
  ['/v1/models/a/b', 'GET', '/v1/models of a/b'],
  ['/v1beta/models/g:generateContent', 'GET', '/v1/models of g:generateContent'],
  ['/livez', 'GET', '/readyz'],
  ['/readyz', 'GET', '/readyz'],
  ['/health/liveliness', 'GET', '/readyz'],
  ['/health/readiness', 'GET', '/readyz'],
  ['/v1/files', 'POST', '/v1/files'],
  ['/v1/files/file-1', 'DELETE', '/v1/files/{id}'],
  ['/v1/files/file-1/content', 'GET', '/v1/files/{id}/content'],
  ['/openai/v1/files', 'GET', '/v1/files'],
  ['/openai/files', 'GET', '/v1/files'],
  ['/v1/batches', 'POST', '/v1/batches'],
  ['/openai/batches/b_1', 'GET', '/v1/batches/{id}'],
  ['/v1/batches/b_1/cancel', 'POST', '/v1/batches/{id}/cancel'],
  ['/v1/responses/resp_1', 'GET', '/v1/responses/{id}'],
  ['/openai/responses/resp_1', 'DELETE', '/v1/responses/{id}'],
  ['/openai/v1/responses/resp_1/input_items', 'GET', '/v1/responses/{id}/input_items'],
  ['/v1/responses/resp_1/cancel', 'POST', '/v1/responses/{id}/cancel'],
])('%s by %s is %s', (path, method, name) => {
  expect(nameAt(path, method)).toBe(name)
})

test.each<[string, readonly string[]]>([
  ['/v1/models', ['GET', 'HEAD']],
  ['/v1/models/plain', ['GET', 'HEAD']],
  ['/livez', ['GET', 'HEAD']],
  ['/v1/files', ['POST', 'GET']],
  ['/v1/files/file-1', ['GET', 'DELETE']],
  ['/v1/files/file-1/content', ['GET']],
  ['/v1/batches', ['POST', 'GET']],
  ['/v1/batches/b_1', ['GET']],
  ['/v1/batches/b_1/cancel', ['POST']],
  ['/v1/responses/resp_1', ['GET', 'DELETE']],
  ['/v1/responses/resp_1/input_items', ['GET']],
  ['/v1/responses/resp_1/cancel', ['POST']],
])('whoever comes to %s by another method is told %j', (path, methods) => {
  const found = at(path, 'PUT')
  expect(found.ok && found.value.operation.methods).toEqual(methods)
})

test('an operation at a path is the same object each time', () => {
  for (const path of ['/v1/chat/completions', '/readyz', '/v1/models', '/v1/files/file-1']) {
    const [one, other] = [at(path), at(path)]
    expect(one.ok && other.ok && one.value.operation === other.value.operation).toBe(true)
  }
})

test.each(realtimePaths)('%s without an upgrade is told that it needs one', (path) => {
  expect(at(path, 'GET')).toEqual({ ok: false, error: { type: 'upgrade-required' } })
})

test.each([
  '/v1/images/upscale',
  '/v1/audio/voices',
  '/v1/files/file-1/shares',
  '/v1/batches/b_1/results',
  '/v1/messages/batches',
  '/v1/messages/batches/b_1/results',
  '/anthropic/v1/messages/batches',
  '/v1/realtime/sessions',
  '/v1/responses/input_tokens',
  '/v1/responses/compact',
  '/v1/responses/resp_1/other',
  '/openai/v1/responses/compact',
  '/openai/deployments/d/other',
  '/v1beta/files',
  '/mcp',
  '/mcp/tools',
  '/a2a/agent',
])('%s is known and not served', (path) => {
  expect(at(path)).toMatchObject({ ok: false, error: { type: 'not-served' } })
})

test.each([
  ['/v1/chat/completion', '/v1/chat/completions'],
  ['/v1/embedding', '/v1/embeddings'],
  ['/v1/model', '/v1/models'],
  ['/v1/message', '/v1/messages'],
  ['/ready', '/readyz'],
  ['/V1/Chat/Completions', '/v1/chat/completions'],
  ['/nothing/of/the/kind/at/all/anywhere', undefined],
])('%s is no path, and the nearest is %s', (path, nearest) => {
  expect(at(path)).toEqual({ ok: false, error: { type: 'unknown-path', nearest } })
})

const chat = '/v1/chat/completions'

test.each([
  ...['%00', '%0d%0a', '/', '//', ';v=1', '%20', '%c0%af', '/../completions'].map((end) => chat + end),
  ...['/v1//chat/completions', '//v1/chat/completions', '/v1/%2e%2e/v1/chat/completions', '/V1/Chat/Completions'],
  ...['/v1/chat%2fcompletions', '/%76%31/chat/completions', '/v1/chat\\completions', '/v1/./chat/completions'],
  ...['/v1/embeddings/../chat/completions', '/mock/../v1/chat/completions', '/livez/../v1/chat/completions'],
  ...['', '/', '*', 'v1/models', '/__proto__', '/constructor'],
])('%j is no other spelling of a path', (path) => {
  for (const method of ['GET', 'POST'] as const)
    expect(at(path, method)).toMatchObject({ ok: false, error: { type: 'unknown-path' } })
})

test.each<[string, Record<string, string>, string]>([
  ['/v1/models', {}, 'openai'],
  ['/v1/models', { 'anthropic-version': '2023-06-01' }, 'anthropic'],
  ['/v1/models', { 'x-goog-api-key': 'k' }, 'gemini'],
  ['/v1/models', { 'anthropic-version': '2023-06-01', 'x-goog-api-key': 'k' }, 'anthropic'],
  ['/v1beta/models', {}, 'gemini'],
  ['/anthropic/v1/models', {}, 'anthropic'],
  ['/v1beta/models/m', {}, 'gemini'],
])('the list of models at %s with the headers %j has the shape of %s', (path, headers, shape) => {
  const found = at(path, 'GET', '', headers)
  expect(found.ok && found.value.operation.errors).toBe(shape)
})

test.each([
  ['/v1/messages', 'anthropic'],
  ['/v1/messages/batches', 'anthropic'],
  ['/anthropic/anything', 'anthropic'],
  ['/v1beta/anything', 'gemini'],
  ['/v1/models/m:generateContent', 'gemini'],
  ['/v1/models/m', 'openai'],
  ['/v1/files', 'openai'],
  ['/nothing', 'openai'],
] as const)('an error at %s has the shape of %s', (path, shape) => {
  expect(errorShapeAt(path)).toBe(shape)
})

test.each<[string, ReturnType<typeof matchStoredResponse>]>([
  ['/v1/responses/resp_1', { id: 'resp_1', action: '' }],
  ['/openai/responses/resp_1/cancel', { id: 'resp_1', action: 'cancel' }],
  ['/openai/v1/responses/r/input_items', { id: 'r', action: 'input_items' }],
  ['/v1/responses/compact', undefined],
  ['/v1/responses/', undefined],
  ['/v1/responses/r/x', undefined],
  ['/responses/r', undefined],
])('the stored response at %s is %j', (path, wanted) => {
  expect(matchStoredResponse(path)).toEqual(wanted)
})

const form = 'multipart/form-data'
const json = 'application/json'

test.each<[string, readonly string[] | undefined]>([
  ['/v1/chat/completions', undefined],
  ['/v1/audio/speech', undefined],
  ['/v1/images/edits', [form, json]],
  ['/v1/images/variations', [form]],
  ['/v1/audio/transcriptions', [form]],
  ['/openai/v1/audio/translations', [form]],
  ['/openai/deployments/d/audio/transcriptions', [form]],
  ['/openai/deployments/d/images/edits', [form, json]],
  ['/v1/files', [form]],
  ['/v1/batches', [json]],
  ['/v1/batches/b_1/cancel', [json, '']],
  ['/v1/files/file-1', [json]],
  ['/nothing', undefined],
])('bodies at %s may be %j', (path, types) => {
  expect(mediaTypesAt(path)).toEqual(types)
})

/** Paths of the table of endpoints, with something in the place of what stands in braces. */
function documentedPaths(): string[] {
  const page = readFileSync(`${import.meta.dirname}/../../../docs/api.md`, 'utf8')
  const table = page.slice(page.indexOf('## Endpoints'), page.indexOf("OpenAI's `/v1/…` endpoints"))
  const quoted = [...table.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? '')
  const paths = quoted
    .flatMap((text) => text.split(/[ ,]+/))
    .filter((text) => /^\/((v\d\w*|openai)\/|livez|readyz|health)/.test(text))
  return [...new Set(paths.filter((path) => !path.endsWith('…')))].map((path) => path.replace(/\{\w+\}/g, 'x'))
}

test('every path in the table of the documentation is served', () => {
  const paths = documentedPaths()
  expect(paths.length).toBeGreaterThan(25)
  const methods = ['GET', 'POST'] as const
  const isServed = (path: string) => realtimePaths.includes(path) || methods.some((method) => at(path, method).ok)
  expect(paths.filter((path) => !isServed(path))).toEqual([])
})
