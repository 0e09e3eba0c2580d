import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-target.ts'
import { askSample, jsonTranslators, type Sample } from './test-translators.ts'
import type { Translator } from './translator.ts'

function translatorOf(body: object, sample: Partial<Sample> = {}): Translator {
  const asked = askSample({ path: '/v1/embeddings', headers: { traceparent: 't1' }, body, ...sample })
  const chosen = jsonTranslators(asked).to(testTarget({ kind: 'gemini', model: 'embedder' }), false)
  if (!chosen.ok) throw new Error(chosen.error.type)
  return chosen.value
}

function toldBy(translator: Translator, answer: unknown) {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
  const told = translator.readAnswer(Buffer.from(text), 'application/json')
  return told === undefined ? undefined : { ...told, value: JSON.parse(told.body.toString()) }
}

const two = { model: 'm', input: ['a', 'b'] }
const vectors = { embeddings: [{ values: [0.5, 1] }, { values: [0, 2] }] }

test('an upstream is asked in its own dialect, and its vectors are told as the caller reads them', () => {
  const translator = translatorOf(two)
  expect(translator).toMatchObject({
    path: '/v1beta/models/embedder:batchEmbedContents',
    passesThrough: false,
    dropped: '',
  })
  expect(translator.headerLines).toContain('traceparent: t1\r\n')
  expect(JSON.parse(Buffer.concat(translator.body).toString()).requests).toHaveLength(2)
  expect(toldBy(translator, vectors)?.value).toMatchObject({
    object: 'list',
    model: 'embedder',
    data: [
      { index: 0, embedding: [0.5, 1] },
      { index: 1, embedding: [0, 2] },
    ],
  })
})

test('tokens are told where the upstream counts them, and are unknown where it does not', () => {
  const counted = { ...vectors, usageMetadata: { promptTokenCount: 4 } }
  expect(toldBy(translatorOf(two), counted)?.usage).toMatchObject({ input: 4, output: 0 })
  expect(toldBy(translatorOf(two), vectors)?.usage).toBeUndefined()
})

test('vectors are told in base64 where the caller wants that', () => {
  const answer = toldBy(translatorOf({ ...two, encoding_format: 'base64' }), vectors)
  const bytes = Buffer.from(answer?.value.data[0].embedding, 'base64')
  expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, 1])
})

const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`

test.each<[string, unknown]>([
  ['no JSON', 'oops'],
  ['null', 'null'],
  ['one vector too few', { embeddings: [{ values: [1] }] }],
  ['one vector too many', { embeddings: [{ values: [1] }, { values: [1] }, { values: [1] }] }],
  ['something else', { ok: true }],
  ['vectors of text', { embeddings: [{ values: ['a'] }, { values: ['b'] }] }],
  ['a number that is none', '{"embeddings":[{"values":[1e400]},{"values":[12345678901234567890]}]}'],
  ['vectors that are nested without end', `{"embeddings":[{"values":${deep}},{"values":${deep}}]}`],
])('%s is no answer', (_, answer) => {
  for (const encoding_format of ['float', 'base64'])
    expect(toldBy(translatorOf({ ...two, encoding_format }), answer)).toBeUndefined()
})

test('errors are those of the upstream, in the shape of the caller', () => {
  const body = Buffer.from('{"error":{"code":400,"message":"Too long.","status":"INVALID_ARGUMENT"}}')
  const answer = { status: 400, contentType: 'application/json', retryAfterMs: undefined, body }
  const translator = translatorOf(two)
  expect(translator.failureOf(answer).error.type).toBe('upstream-rejected')
  expect(JSON.parse(translator.forwardError(answer, 'req_1').body.toString())).toMatchObject({
    error: { message: 'Too long.', type: 'invalid_request_error' },
  })
})

test('there is no stream of embeddings', () => {
  const sink = { onFirstByte: () => {}, onBytes: () => {}, onDone: () => {}, onErrorEvent: () => {} }
  expect(() => translatorOf(two).openStream({ showUsage: false, nowMs: 0, sink })).toThrow('as a stream')
})
