import { expect, test } from 'vitest'
import { StoredHistory } from '../conversations/history.ts'
import { encodeStored } from '../conversations/stored-response.ts'
import { kept } from '../conversations/test-responses.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-target.ts'
import { filesAtTarget, passThroughRequest } from './pass-through-request.ts'
import { askSample, type Sample } from './test-translators.ts'

const openai = testTarget({ model: 'gpt-x' })

function passed(sample: Sample, target: Target = openai, files: readonly FileReference[] = []) {
  const { request, asked } = askSample(sample)
  const { body } = asked.facts
  if (body.type !== 'json') throw new Error('the body is a form')
  const made = passThroughRequest({ request, asked, body, target, files })
  return { ...made, text: Buffer.concat(made.body).toString() }
}

const chat = (body: string): Sample => ({ path: '/v1/chat/completions', body })

test.each([
  [
    'the model alone',
    '{ "model" : "m","messages":[{}],"seed":12345678901234567890 }',
    '{ "model" : "gpt-x","messages":[{}],"seed":12345678901234567890 }',
  ],
  ['the list of fallbacks', '{"models":["m","n"],"messages":[{}]}', '{"model":"gpt-x","messages":[{}]}'],
  ['a mark at the beginning', '\ufeff{"model":"m","messages":[{}]}', '{"model":"gpt-x","messages":[{}]}'],
  [
    'the usage of a stream',
    '{"model":"m","messages":[{}],"stream":true}',
    '{"stream_options":{"include_usage":true},"model":"gpt-x","messages":[{}],"stream":true}',
  ],
])('what is changed in a body is %s', (_, body, wanted) => {
  expect(passed(chat(body)).text).toBe(wanted)
})

const contents = '{"contents":[{"parts":[{"text":"hi"}]}]}'
const embed = (model: string) => `{"model":"models/${model}","content":{"parts":[{"text":"hi"}]}}`
const gemini = testTarget({ kind: 'gemini', model: 'gem' })

test.each<[string, Sample, string, string]>([
  [
    'is named in the path alone',
    { path: '/v1beta/models/m:generateContent', body: contents },
    '/v1beta/models/gem:generateContent',
    contents,
  ],
  [
    'is named in the path of a stream',
    { path: '/v1beta/models/m:streamGenerateContent', query: 'alt=sse', body: contents },
    '/v1beta/models/gem:streamGenerateContent?alt=sse',
    contents,
  ],
  [
    'is named in the body too',
    { path: '/v1beta/models/m:embedContent', body: embed('m') },
    '/v1beta/models/gem:embedContent',
    embed('gem'),
  ],
  [
    'is named in the body already',
    { path: '/v1beta/models/m:embedContent', body: embed('gem') },
    '/v1beta/models/gem:embedContent',
    embed('gem'),
  ],
  [
    'is named in every part of the body',
    { path: '/v1beta/models/m:batchEmbedContents', body: `{"requests":[${embed('m')},${embed('gem')}]}` },
    '/v1beta/models/gem:batchEmbedContents',
    `{"requests":[${embed('gem')},${embed('gem')}]}`,
  ],
])("Google's model %s", (_, sample, path, text) => {
  expect(passed(sample, gemini)).toMatchObject({ path, text })
})

test("a body that names the target's model already goes on to the byte", () => {
  const body = '{ "model" : "models/gem", "content":{"parts":[{"text":"hi"}]},"n":1.0 }'
  expect(passed({ path: '/v1beta/models/m:embedContent', body }, gemini).text).toBe(body)
})

test('a model with odd letters is encoded in a path', () => {
  const odd = testTarget({ kind: 'gemini', model: 'a/b c' })
  expect(passed({ path: '/v1beta/models/m:generateContent', body: contents }, odd).path).toBe(
    '/v1beta/models/a%2Fb%20c:generateContent',
  )
})

test('headers of the dialect and the mark of a beta go along', () => {
  const claude = testTarget({ kind: 'anthropic' })
  const body = '{"model":"m","max_tokens":1,"messages":[{}]}'
  const headers = { 'anthropic-beta': 'files', 'openai-beta': 'x' }
  const { path, headerLines } = passed({ path: '/v1/messages', query: 'beta=true', headers, body }, claude)
  expect(path).toBe('/v1/messages?beta=true')
  expect(headerLines).toBe('anthropic-beta: files\r\nanthropic-version: 2023-06-01\r\n')
})

test('characters of speech are counted in the request', () => {
  expect(passed({ path: '/v1/audio/speech', body: '{"model":"m","input":"Grüße 😀"}' }).units).toEqual({
    unit: 'characters',
    amount: 7,
  })
  expect(passed(chat('{"model":"m","messages":[{}]}')).units).toBeUndefined()
})

function fileIn(body: string, id: string, more: Partial<FileReference['ref']> = {}): FileReference {
  const start = body.indexOf(`"${id}"`)
  const ref = {
    kind: 'file',
    provider: 'openai',
    credential: 'main',
    owner: 'team a',
    id: 'file-1',
    models: [],
    ...more,
  } as const
  return { start, end: start + id.length + 2, ref }
}

test('files are named as their provider knows them, and its account is asked', () => {
  const body = '{"model":"m","messages":[{"file_id":"file-hg-1"}],"models":["file-hg-1"]}'
  const made = passed(chat(body), openai, [fileIn(body, 'file-hg-1')])
  expect(made.text).toBe('{"model":"gpt-x","messages":[{"file_id":"file-1"}]}')
  expect(made.credential).toBe('main')
})

test('a file that is named in what goes out is not named again', () => {
  const body = '{"model":"m","models":["file-hg-1"],"messages":[{}]}'
  expect(passed(chat(body), openai, [fileIn(body, 'file-hg-1')]).text).toBe('{"model":"gpt-x","messages":[{}]}')
})

test('files are at a target when all lie in one account of its provider', () => {
  const body = '"a"'
  const [one, other] = [fileIn(body, 'a'), fileIn(body, 'a', { credential: 'second' })]
  expect(filesAtTarget([one, one], openai)).toEqual({ ok: true, value: [one, one] })
  expect(filesAtTarget(undefined, openai)).toEqual({ ok: true, value: [] })
  expect(filesAtTarget([], openai)).toEqual({ ok: true, value: [] })
  for (const files of [[one, other], [fileIn(body, 'a', { provider: 'other' })]])
    expect(filesAtTarget(files, openai)).toMatchObject({ ok: false, error: { type: 'unreadable', path: 'file_id' } })
})

test('a conversation that is continued is put into the body of who does not know it', () => {
  const { request, asked } = askSample({
    path: '/v1/responses',
    body: '{"model":"m","previous_response_id":"resp_1","input":"hi"}',
  })
  const first = { type: 'message', role: 'user', content: 'first' }
  const turn = { ...kept('resp_1'), input: [first], response: { id: 'resp_1', output: [] } }
  const history = new StoredHistory([Buffer.from(encodeStored(turn))])
  const state = { history, referred: undefined, pin: undefined, keeper: undefined }
  const continued = Object.assign(Object.create(asked), { facts: { ...asked.facts, state } })
  const { body } = asked.facts
  if (body.type !== 'json') throw new Error('the body is a form')
  const made = passThroughRequest({ request, asked: continued, body, target: openai, files: [] })
  expect(Buffer.concat(made.body).toString()).toBe(
    '{"model":"gpt-x","input":[{"type":"message","role":"user","content":"first"},{"role":"user","content":"hi"}]}',
  )
})
