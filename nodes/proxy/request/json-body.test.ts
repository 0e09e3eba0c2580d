import { expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { BodyScan } from '../../../shared/json/scan.ts'
import { spliceBody } from '../../../shared/json/splice.ts'
import type { Operation } from '../operations/operation.ts'
import { chat, completions, embeddings, generateStream, messages, responses } from '../operations/operations.ts'
import { fallbacksMax, readModel, readObject, readStream } from './json-body.ts'

function modelIn(body: string | Buffer, inPath?: string) {
  return readModel(Buffer.from(body), new BodyScan(), inPath)
}

function streamIn(operation: Operation, body: string) {
  const scan = new BodyScan()
  expect(readModel(Buffer.from(body), scan)).toMatchObject({ ok: true })
  const read = readStream(operation, scan)
  if (!read.ok) return read.error
  const { edits, ...rest } = read.value
  return { ...rest, sent: Buffer.concat(spliceBody(scan, edits).pieces).toString() }
}

const nested = (depth: number) => `{"model":"m","x":${'['.repeat(depth)}${']'.repeat(depth)}}`
const manyMembers = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')
const long = 'canary-'.repeat(40)

test.each<[string, string | Buffer, object]>([
  ['an empty body', '', { code: 'empty_body' }],
  ['spaces', ' \n\t', { code: 'empty_body' }],
  ['half of a body', '{"model":\n"m', { code: 'invalid_json', message: /ends too early.*line 2, column 3/ }],
  ['a trailing comma', '{"model":"m",}', { code: 'invalid_json', message: /unexpected byte.*line 1, column 14/ }],
  ['NaN', '{"model":"m",\n\n"x":NaN}', { code: 'invalid_json', message: /line 3, column 5/ }],
  ['single quotes', "{'model':'m'}", { code: 'invalid_json', message: /line 1, column 2/ }],
  ['bytes behind the end', '{"model":"m"} {}', { code: 'invalid_json' }],
  ['UTF-16', Buffer.from('{"model":"m"}', 'utf16le'), { code: 'invalid_json' }],
  ['UTF-16 with a mark', Buffer.from('\ufeff{"model":"m"}', 'utf16le'), { code: 'invalid_utf8' }],
  ['a byte that is no UTF-8', Buffer.from('{"model":"\xff"}', 'latin1'), { code: 'invalid_utf8' }],
  ['an overlong slash', Buffer.from('{"model":"\xc0\xaf"}', 'latin1'), { code: 'invalid_utf8' }],
  ['half a surrogate pair', '{"model":"\\ud800"}', { code: 'lone_surrogate', message: /line 1, column \d+/ }],
  [
    'one level too many',
    nested(bounds.jsonDepthMax),
    { code: 'too_deep', message: new RegExp(`${bounds.jsonDepthMax} levels`) },
  ],
  ['ten thousand levels', nested(10_000), { code: 'too_deep' }],
  ['a member twice', '{"model":"m","model":"n"}', { code: 'duplicate_key', param: 'model' }],
  ['a member twice, once escaped', '{"model":"m","m\\u006fdel":"n"}', { code: 'duplicate_key' }],
  ['a long member twice', `{"${long}":1,"${long}":2}`, { code: 'duplicate_key', param: long.slice(0, 64) }],
  [
    'a member of another case',
    '{"model":"m","Model":"n"}',
    { code: 'ambiguous_key', param: 'Model', message: /Send `model`/ },
  ],
  [
    'a member too many',
    `{"model":"m",${manyMembers(1_024)}}`,
    { code: 'too_complex', message: /more than 1,024 members/ },
  ],
  ['a list of models too long to be read', `{"models":[${'"a",'.repeat(5_000)}"a"]}`, { code: 'invalid_models' }],
  ['a list', '["model"]', { code: 'not_an_object' }],
  ['a string', '"model"', { code: 'not_an_object' }],
  ['null', 'null', { code: 'not_an_object' }],
  ...['api_base', 'base_url', 'api_key', 'extra_headers', 'custom_llm_provider'].map(
    (param): [string, string, object] => [
      `the member ${param}`,
      `{"model":"m","${param}":"${long}"}`,
      { code: 'forbidden_param', param, message: /gateway's configuration/ },
    ],
  ),
  ['no model', '{"messages":[{}]}', { code: 'invalid_model', param: 'model', message: /is missing/ }],
  ['a number for a model', '{"model":4}', { code: 'invalid_model', param: 'model', message: /non-empty string/ }],
  ['an empty model', '{"model":""}', { code: 'invalid_model', param: 'model', message: /non-empty string/ }],
  ['null for a model and for the list', '{"model":null,"models":null}', { code: 'invalid_model' }],
  ['an empty list of models', '{"models":[]}', { code: 'invalid_models', param: 'models' }],
  ['a list with a number', '{"models":["a",1]}', { code: 'invalid_models' }],
  ['a list with an empty name', '{"models":["a",""]}', { code: 'invalid_models' }],
  ['text for a list of models', '{"models":"a"}', { code: 'invalid_models' }],
  [
    'too many models',
    JSON.stringify({ models: Array.from({ length: fallbacksMax + 1 }, (_, n) => `m${n}`) }),
    { code: 'invalid_models', message: /1 to 16/ },
  ],
])('%s is no request', (_, body, wanted) => {
  const read = modelIn(body)
  const { message = /\w+ \w+.*\.$/, ...rest } = wanted as { message?: RegExp }
  expect(read).toMatchObject({
    ok: false,
    error: { type: 'bad-body', message: expect.stringMatching(message), ...rest },
  })
  expect(JSON.stringify(read)).not.toContain(long.slice(0, 65))
})

test.each<[string, string, string | undefined, object]>([
  ['a model', '{"model":"a"}', undefined, { model: 'a', fallbacks: undefined }],
  ['a model and fallbacks', '{"model":"a","models":["b","c"]}', undefined, { model: 'a', fallbacks: ['b', 'c'] }],
  ['a model that is a fallback too', '{"model":"a","models":["a","b"]}', undefined, { model: 'a', fallbacks: ['b'] }],
  ['a list alone', '{"models":["a","b"]}', undefined, { model: 'a', fallbacks: ['b'] }],
  ['the path', '{"model":"a"}', 'p', { model: 'p', fallbacks: undefined }],
  ['the path and fallbacks', '{"models":["p","b"]}', 'p', { model: 'p', fallbacks: ['b'] }],
  ['an escaped name', '{"model":"\\u0061"}', undefined, { model: 'a' }],
  ['null for a model beside a list', '{"model":null,"models":["a","b"]}', undefined, { model: 'a', fallbacks: ['b'] }],
  ['an empty model beside a list', '{"model":"","models":["a"]}', undefined, { model: 'a', fallbacks: [] }],
  ['an empty text for the list', '{"model":"a","models":""}', undefined, { model: 'a' }],
  ['a byte order mark before it', '\ufeff{"model":"a"}', undefined, { model: 'a' }],
  ['the deepest body', nested(bounds.jsonDepthMax - 1), undefined, { model: 'm' }],
  ['names of Object', '{"model":"a","__proto__":{"model":"b"},"constructor":{}}', undefined, { model: 'a' }],
  ['forbidden names deeper down', '{"model":"a","metadata":{"api_key":"x"}}', undefined, { model: 'a' }],
])('the model is read from %s', (_, body, inPath, wanted) => {
  expect(modelIn(body, inPath)).toMatchObject({ ok: true, value: wanted })
})

test.each<[string, Operation, string, object]>([
  ['chat without messages', chat, '{"model":"m"}', { code: 'missing_required_parameter', param: 'messages' }],
  ['messages that are empty', chat, '{"model":"m","messages":[]}', { code: 'invalid_messages', param: 'messages' }],
  ['messages that are text', chat, '{"model":"m","messages":"x"}', { code: 'invalid_messages', param: 'messages' }],
  ['messages that are an object', messages, '{"model":"m","messages":{"a":1}}', { code: 'invalid_messages' }],
  ['messages that are null', chat, '{"model":"m","messages":null}', { code: 'invalid_messages', param: 'messages' }],
  ['no prompt', completions, '{"model":"m"}', { code: 'missing_required_parameter', param: 'prompt' }],
  ['nothing to embed', embeddings, '{"model":"m"}', { code: 'missing_required_parameter', param: 'input' }],
  ['text for stream', responses, '{"model":"m","stream":"true"}', { code: 'invalid_type', param: 'stream' }],
  ['a number for stream', responses, '{"model":"m","stream":1}', { code: 'invalid_type', param: 'stream' }],
  [
    'embeddings as a stream',
    embeddings,
    '{"model":"m","input":"x","stream":true}',
    { code: 'unsupported_parameter', param: 'stream' },
  ],
])('%s cannot be answered', (_, operation, body, wanted) => {
  expect(streamIn(operation, body)).toMatchObject({ type: 'bad-body', ...wanted })
})

const ask = '"messages":[{}]'

test.each<[string, Operation, string, object]>([
  ['a whole chat', chat, `{"model":"m",${ask}}`, { stream: false, sent: `{"model":"m",${ask}}` }],
  ['stream: an empty text', chat, `{"model":"m",${ask},"stream":""}`, { stream: false, sent: `{"model":"m",${ask}}` }],
  ['stream: null', chat, `{"model":"m",${ask},"stream":null}`, { stream: false }],
  [
    'a streamed chat',
    chat,
    `{"model":"m",${ask},"stream":true}`,
    {
      stream: true,
      showUsage: false,
      sent: `{"stream_options":{"include_usage":true},"model":"m",${ask},"stream":true}`,
    },
  ],
  [
    'a streamed chat whose usage is asked for',
    chat,
    `{"model":"m",${ask},"stream":true,"stream_options":{"include_usage":true}}`,
    {
      stream: true,
      showUsage: true,
      sent: `{"model":"m",${ask},"stream":true,"stream_options":{"include_usage":true}}`,
    },
  ],
  [
    'a streamed chat whose usage is not wanted',
    chat,
    `{"model":"m",${ask},"stream":true,"stream_options":{"include_usage":false}}`,
    { stream: true, showUsage: false, sent: expect.stringContaining('{"include_usage":true}') },
  ],
  [
    'a streamed message of Anthropic',
    messages,
    `{"model":"m",${ask},"stream":true}`,
    { stream: true, sent: `{"model":"m",${ask},"stream":true}` },
  ],
  ['an operation that always streams', generateStream, '{"model":"m"}', { stream: true, sent: '{"model":"m"}' }],
  ['a response without input', responses, '{"model":"m"}', { stream: false }],
  ['fallbacks', chat, `{"model":"m","models":["n"],${ask}}`, { sent: `{"model":"m",${ask}}` }],
])('%s goes on with the edits that it needs', (_, operation, body, wanted) => {
  expect(streamIn(operation, body)).toMatchObject(wanted)
})

test('a whole body is read with its large numbers, and checked as every body is', () => {
  const read = readObject(Buffer.from('\ufeff{"n":12345678901234567890,"a":[1]}'))
  expect(read.ok && JSON.stringify(read.value)).toBe('{"n":12345678901234567890,"a":[1]}')
  expect(readObject(Buffer.from('[1]'))).toMatchObject({ ok: false, error: { code: 'not_an_object' } })
  expect(readObject(Buffer.from('{"api_key":1}'))).toMatchObject({ ok: false, error: { code: 'forbidden_param' } })
})
