// Claude on Vertex AI takes the bodies of Messages callers as they are, in another envelope.
// source: @anthropic-ai/vertex-sdk 1.1, client.ts; https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-target.ts'
import { PassThrough } from './pass-through.ts'
import { askSample, jsonTranslators, type Sample } from './test-translators.ts'

const vertex = testTarget({ kind: 'vertex', project: 'p', region: 'europe-west1', model: 'claude-opus-4-5@20251101' })
const place = '/v1/projects/p/locations/europe-west1/publishers/anthropic/models'

const version = '"anthropic_version":"vertex-2023-10-16"'

function passed(sample: Sample, strict = false) {
  const chosen = jsonTranslators(askSample(sample), { strict }).to(vertex, false)
  if (!chosen.ok) return chosen.error
  expect(chosen.value).toBeInstanceOf(PassThrough)
  const { path, headerLines, dropped, body } = chosen.value
  return { path, headerLines, dropped, text: Buffer.concat([...body]).toString() }
}

test.each<[string, Omit<Sample, 'headers'>, string, string]>([
  [
    'the body without its model',
    { path: '/v1/messages', body: '{ "model" : "m", "max_tokens":1e3,"messages":[{}], "x":12345678901234567890 }' },
    `${place}/claude-opus-4-5%4020251101:rawPredict`,
    `{${version},  "max_tokens":1e3,"messages":[{}], "x":12345678901234567890 }`,
  ],
  [
    'a stream under another name',
    { path: '/v1/messages', body: '{"messages":[{}],"stream":true,"model":"m"}' },
    `${place}/claude-opus-4-5%4020251101:streamRawPredict`,
    `{${version},"messages":[{}],"stream":true}`,
  ],
  [
    'a body that names another version',
    { path: '/v1/messages', body: '{"model":"m","messages":[{}],"anthropic_version":"2023-06-01"}' },
    `${place}/claude-opus-4-5%4020251101:rawPredict`,
    `{"messages":[{}],${version}}`,
  ],
  [
    'neither the model nor the fallbacks',
    { path: '/v1/messages', query: 'beta=true', body: '{"model":"m","models":["m","n"],"messages":[{}]}' },
    `${place}/claude-opus-4-5%4020251101:rawPredict`,
    `{${version},"messages":[{}]}`,
  ],
  [
    'a count with the model in the body',
    { path: '/v1/messages/count_tokens', body: '{"model":"m","messages":[{}]}' },
    `${place}/count-tokens:rawPredict`,
    `{${version},"model":"claude-opus-4-5@20251101","messages":[{}]}`,
  ],
])('Vertex AI is sent %s', (_, sample, path, text) => {
  expect(passed(sample)).toMatchObject({ path, text, dropped: '', headerLines: '' })
})

const asking: Sample = {
  path: '/v1/messages',
  headers: { 'anthropic-beta': 'context-1m-2025-08-07, files-api-2025-04-14', 'anthropic-version': '2023-06-01' },
  body: '{"model":"m","messages":[{}]}',
}

test('beta features that are known there go along, and the others are named (wire 43)', () => {
  expect(passed(asking)).toMatchObject({
    headerLines: 'anthropic-beta: context-1m-2025-08-07\r\n',
    dropped: 'files-api-2025-04-14',
  })
})

test('a caller who wants nothing dropped is refused there', () => {
  expect(passed(asking, true)).toEqual({ type: 'unsupported-params', params: ['files-api-2025-04-14'] })
  const translators = jsonTranslators(askSample(asking), { strict: true })
  const ineligible = { type: 'unsupported-params', params: [] } as const
  expect(translators.could(vertex, false, ineligible)).toBe(false)
  expect(translators.could(testTarget({ kind: 'anthropic' }), false, ineligible)).toBe(true)
})

function translator() {
  const chosen = jsonTranslators(askSample({ path: '/v1/messages', body: '{"messages":[{}],"model":"m"}' })).to(
    vertex,
    false,
  )
  if (!chosen.ok) throw new Error(chosen.error.type)
  return chosen.value
}

function refused(status: number, body: string) {
  return { status, body: Buffer.from(body), contentType: 'application/json', retryAfterMs: undefined }
}

test("an error of the model goes on to the byte, and one of the platform in Anthropic's shape", () => {
  const own = '{ "type":"error","error":{"type":"invalid_request_error","message":"No."},"request_id":"r"}'
  expect(translator().forwardError(refused(400, own), 'req_1').body.toString()).toBe(own)
  const platform = '[{"error":{"code":400,"message":"No such place.","status":"INVALID_ARGUMENT"}}]'
  expect(JSON.parse(translator().forwardError(refused(400, platform), 'req_1').body.toString())).toMatchObject({
    type: 'error',
    error: { type: 'invalid_request_error', message: 'No such place.' },
  })
  const limited = '[{"error":{"code":429,"message":"Wait.","status":"RESOURCE_EXHAUSTED"}}]'
  expect(translator().failureOf(refused(429, limited))).toMatchObject({ condition: '429', passing: 'limited' })
})

test('an answer goes on to the byte, and its usage is read', () => {
  const answer = '{ "content":[], "container":{"id":"c"}, "usage":{"input_tokens":3,"output_tokens":4}}'
  const read = translator().readAnswer(Buffer.from(answer), 'application/json')
  expect(read?.body.toString()).toBe(answer)
  expect(read?.usage).toMatchObject({ input: 3, output: 4 })
})
