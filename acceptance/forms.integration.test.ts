// Requests whose bodies are forms, with the official SDK and with forms written by hand: they reach the provider as they
// came but for the model's name, wherever it stands, and what could be read in two ways is refused.

import { createReadStream } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI, { AzureOpenAI, toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { ask } from './http.ts'
import { events, json, type MediaUpstream, startMediaUpstream } from './media-upstream.ts'
import { openRequests } from './open-requests.ts'
import { modelOn, providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

let upstream: MediaUpstream
let gateway: Gateway
let client: OpenAI
let secret: string

const bodyMax = 4 << 20

beforeAll(async () => {
  upstream = await startMediaUpstream()
  gateway = await startGateway({
    config: {
      providers: {
        media: providerAt(upstream.url),
        broken: providerAt(`${upstream.url}/broken/v1`),
        cloud: { kind: 'azure', baseUrl: upstream.url, credentials: [{ name: 'main', apiKey: 'azure-canary' }] },
      },
      models: {
        ears: { targets: [{ provider: 'media', model: 'stt-x', price: { inputPerMTok: 2, outputPerMTok: 10 } }] },
        painter: modelOn('media', 'gpt-image-x'),
        steadfast: {
          targets: [{ provider: 'broken', model: 'stt-broken' }],
          fallbacks: ['ears'],
          retries: { attempts: 0 },
        },
        hidden: modelOn('media', 'stt-x'),
        'cloud-ears': modelOn('cloud', 'my-deployment'),
      },
    },
    environment: { HEADGATE_BODY_MAX: `${bodyMax}` },
  })
  const models = ['ears', 'painter', 'steadfast', 'cloud-ears', 'media/*']
  secret = (await gateway.issueKey({ models })).secret
  client = new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})
beforeEach(() => {
  upstream.seen.length = 0
  upstream.answers.clear()
})

async function recordOf(id: string | null | undefined) {
  let told = await gateway.admin('GET', `/requests/${id}`)
  await until(async () => {
    told = await gateway.admin('GET', `/requests/${id}`)
    return told.status === 200
  }, 10_000)
  return told.json
}

const sound = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) % 256))

/** The form that the upstream received, read by a parser that is not the gateway's. */
async function arrived(index = 0): Promise<FormData> {
  const { headers, body } = upstream.seen[index]!
  return new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type']! } }).formData()
}

const usage = { type: 'tokens', input_tokens: 100, output_tokens: 20, total_tokens: 120 }

test('a transcription reaches its provider with the name that the model has there, and is priced', async () => {
  upstream.answers.set('/v1/audio/transcriptions', json({ text: 'hello', usage }))
  const file = await toFile(sound, 'näme.wav', { type: 'audio/wav' })
  const request = client.audio.transcriptions.create({ file, model: 'ears', prompt: 'Zürich 東京', temperature: 0.5 })
  const { data, response } = await request.withResponse()
  expect(data.text).toBe('hello')
  expect(response.headers.get('x-headgate-cost-usd')).toBe('0.0004')
  const form = await arrived()
  expect([form.get('model'), form.get('prompt'), form.get('temperature')]).toEqual(['stt-x', 'Zürich 東京', '0.5'])
  const sent = form.get('file') as File
  expect([sent.name, sent.type]).toEqual(['näme.wav', 'audio/wav'])
  expect(Buffer.from(await sent.arrayBuffer()).equals(sound)).toBe(true)
  const { headers } = upstream.seen[0]!
  expect([headers['authorization'], headers['x-api-key']]).toEqual(['Bearer sk-upstream-canary', undefined])
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({
    inputTokens: 100,
    outputTokens: 20,
    unpriced: false,
    measure: { unit: 'bytes', amount: sound.length },
  })
})

test.each<[string, object, object]>([
  ['seconds of a usage', { text: 'x', usage: { type: 'duration', seconds: 61 } }, { unit: 'seconds', amount: 61 }],
  ['the duration of a verbose answer', { text: 'x', duration: 8.47 }, { unit: 'seconds', amount: 8.47 }],
  ['nothing but its file', { text: 'x' }, { unit: 'bytes', amount: sound.length }],
])('a transcription that tells %s is measured by it', async (_, answer, measure) => {
  upstream.answers.set('/v1/audio/transcriptions', json(answer))
  const file = await toFile(sound, 'a.wav')
  const { response } = await client.audio.transcriptions.create({ file, model: 'ears' }).withResponse()
  const record = await recordOf(response.headers.get('x-request-id'))
  expect(record).toMatchObject({ measure, unpriced: true, inputTokens: 0, estimated: false })
})

test('a transcript as text, and one that streams, come as they were made', async () => {
  const srt = '1\n00:00:00,000 --> 00:00:01,000\nhello\n'
  upstream.answers.set('/v1/audio/translations', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(srt)
  })
  const file = await toFile(sound, 'a.wav')
  expect(await client.audio.translations.create({ file, model: 'ears', response_format: 'srt' })).toBe(srt)
  upstream.answers.set(
    '/v1/audio/transcriptions',
    events([
      { type: 'transcript.text.delta', delta: 'hel' },
      { type: 'transcript.text.delta', delta: 'lo' },
      { type: 'transcript.text.done', text: 'hello', usage },
    ]),
  )
  const { data, response } = await client.audio.transcriptions
    .create({ file, model: 'ears', stream: true })
    .withResponse()
  let text = ''
  for await (const event of data) if (event.type === 'transcript.text.delta') text += event.delta
  expect(text).toBe('hello')
  expect(await recordOf(response.headers.get('x-request-id'))).toMatchObject({ stream: true, outputTokens: 20 })
})

test('a model that ignores `stream` answers whole', async () => {
  upstream.answers.set('/v1/audio/transcriptions', json({ text: 'hello' }))
  const { status, text } = await post('/v1/audio/transcriptions', [
    ['model', 'ears'],
    ['stream', 'true'],
    ['file', sound],
  ])
  expect([status, text]).toEqual([200, '{"text":"hello"}'])
})

test('a form goes to a fallback when the first provider fails, each with its own model', async () => {
  upstream.answers.set('/broken/v1/audio/transcriptions', json({ error: { message: 'no' } }, 500))
  upstream.answers.set('/v1/audio/transcriptions', json({ text: 'hello' }))
  const file = await toFile(sound, 'a.wav')
  await client.audio.transcriptions.create({ file, model: 'steadfast' })
  expect([(await arrived(0)).get('model'), (await arrived(1)).get('model')]).toEqual(['stt-broken', 'stt-x'])
})

test('pictures are edited: several files, a mask, and a stream', async () => {
  upstream.answers.set('/v1/images/edits', json({ created: 1, data: [{ b64_json: 'aGk=' }] }))
  const image = [
    await toFile(sound, '1.png', { type: 'image/png' }),
    await toFile(sound, '2.png', { type: 'image/png' }),
  ]
  await client.images.edit({ model: 'painter', image, prompt: 'more' })
  const form = await arrived()
  expect([form.get('model'), form.getAll('image[]').length]).toEqual(['gpt-image-x', 2])
  upstream.answers.set('/v1/images/variations', json({ created: 1, data: [{ url: 'u' }] }))
  expect(await client.images.createVariation({ model: 'painter', image: image[0]! })).toMatchObject({
    data: [{ url: 'u' }],
  })
})

test('pictures are edited with a JSON body too', async () => {
  upstream.answers.set('/v1/images/edits', json({ created: 1, data: [{ b64_json: 'aGk=' }] }))
  const body = { model: 'painter', prompt: 'more', images: [{ image_url: 'https://example.com/a.png' }] }
  expect(await ask(`${gateway.base}/v1/images/edits`, 'POST', body, authorization())).toMatchObject({ status: 200 })
  expect(JSON.parse(String(upstream.seen[0]?.body))).toEqual({ ...body, model: 'gpt-image-x' })
})

test("Azure's SDK names the deployment in the path, and an Azure provider gets it there", async () => {
  upstream.answers.set('/openai/deployments/my-deployment/audio/transcriptions', json({ text: 'hello' }))
  const azure = new AzureOpenAI({ apiKey: secret, endpoint: gateway.base, apiVersion: '2024-10-21', maxRetries: 0 })
  const file = await toFile(sound, 'a.wav')
  expect(await azure.audio.transcriptions.create({ file, model: 'cloud-ears' })).toMatchObject({ text: 'hello' })
  expect(upstream.seen[0]?.headers['api-key']).toBe('azure-canary')
})

const boundary = 'a-boundary-of-our-own'
const authorization = () => ({ authorization: `Bearer ${secret}` })

function partOf([name, value]: [string, string | Buffer]): Buffer {
  const file = typeof value === 'string' ? '' : '; filename="f.wav"'
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`),
    ...[Buffer.from(value), Buffer.from('\r\n')],
  ])
}

const close = Buffer.from(`--${boundary}--\r\n`)
const formOf = (parts: readonly [string, string | Buffer][]) => Buffer.concat([...parts.map(partOf), close])

async function send(path: string, body: Buffer, contentType = `multipart/form-data; boundary=${boundary}`) {
  const headers = { ...authorization(), 'content-type': contentType }
  const response = await fetch(gateway.base + path, { method: 'POST', headers, body: new Uint8Array(body) })
  const text = await response.text()
  return { status: response.status, text, error: text.startsWith('{"error"') ? JSON.parse(text).error : undefined }
}

const post = (path: string, parts: readonly [string, string | Buffer][]) => send(path, formOf(parts))

test.each([
  ['before', 0],
  ['behind', 1],
  ['between', 2],
])('every byte but the model stays as it was, with the model %s the file', async (_, order) => {
  upstream.answers.set('/v1/audio/transcriptions', json({ text: 'x' }))
  const file: [string, Buffer] = ['file', sound]
  const model = (name: string): [string, string] => ['model', name]
  const parts = (name: string) =>
    [
      [model(name), file],
      [file, model(name)],
      [file, model(name), ['language', 'de'] as [string, string], file],
    ][order]!
  expect((await post('/v1/audio/transcriptions', parts('ears'))).status).toBe(200)
  expect(upstream.seen[0]?.body.equals(formOf(parts('stt-x')))).toBe(true)
})

test("the request's own fallbacks are taken out of the form", async () => {
  upstream.answers.set('/broken/v1/audio/transcriptions', json({ error: { message: 'no' } }, 500))
  upstream.answers.set('/v1/audio/transcriptions', json({ text: 'x' }))
  const parts: [string, string | Buffer][] = [
    ['models[]', 'steadfast'],
    ['file', sound],
    ['models[]', 'media/other'],
  ]
  expect((await post('/v1/audio/transcriptions', parts)).status).toBe(200)
  const form = await arrived(1)
  expect([form.get('model'), form.getAll('models[]')]).toEqual(['other', []])
})

const file: [string, Buffer] = ['file', Buffer.from('RIFF')]

test.each<[string, [string, string | Buffer][], string, string | null]>([
  ['without a model', [file], 'invalid_model', 'model'],
  ['with an empty model', [['model', ''], file], 'invalid_model', 'model'],
  ['with two models', [['model', 'ears'], ['model', 'hidden'], file], 'invalid_form', 'model'],
  ['with a model that is a list', [['model', 'ears'], ['model[]', 'hidden'], file], 'invalid_form', 'model'],
  ['with a model that is a file', [['model', Buffer.from('ears')], file], 'invalid_form', 'model'],
  [
    'with a model that nobody has',
    [['model', Buffer.from([0xff, 0xfe]).toString('latin1') + '\0'], file],
    'model_not_found',
    'model',
  ],
  ['without a file', [['model', 'ears']], 'missing_required_parameter', 'file'],
  ['with a stream that is neither', [['model', 'ears'], ['stream', 'maybe'], file], 'invalid_type', 'stream'],
  ['that redirects', [['model', 'ears'], ['api_base', 'http://x'], file], 'forbidden_param', 'api_base'],
  ['for a model of somebody else', [['model', 'hidden'], file], 'model_not_allowed', 'model'],
])('a form %s is refused', async (_, parts, code, param) => {
  const { error } = await post('/v1/audio/transcriptions', parts)
  expect([error.code, error.param]).toEqual([code, param])
  expect(upstream.seen).toEqual([])
})

test.each<[string, Buffer, string | undefined]>([
  ['no closing boundary', partOf(['model', 'ears']), undefined],
  [
    'a second form inside of a loosely read boundary',
    Buffer.concat([partOf(['model', 'ears']), Buffer.from(`\n--${boundary}\n`), close]),
    undefined,
  ],
  ['no boundary in its type', formOf([['model', 'ears']]), 'multipart/form-data'],
  ['another boundary', formOf([['model', 'ears']]), 'multipart/form-data; boundary=other'],
  ['nothing in it', Buffer.from('x'), undefined],
  ['random bytes', sound, undefined],
])('a form with %s is refused', async (_, body, type) => {
  expect(await send('/v1/audio/transcriptions', body, type)).toMatchObject({
    status: 400,
    error: { code: 'invalid_form' },
  })
  expect(upstream.seen).toEqual([])
})

test('media types: a form where JSON belongs, JSON where a form belongs, and anything else', async () => {
  expect(await send('/v1/chat/completions', close)).toMatchObject({ status: 415 })
  expect(await send('/v1/audio/transcriptions', Buffer.from('{}'), 'application/json')).toMatchObject({ status: 415 })
  expect(await send('/v1/audio/transcriptions', close, 'application/x-www-form-urlencoded')).toMatchObject({
    status: 415,
  })
})

test('a form above the limit is a clear 413 before it is read', async () => {
  const { status, error } = await post('/v1/audio/transcriptions', [
    ['model', 'ears'],
    ['file', Buffer.alloc(bodyMax)],
  ])
  expect([status, error.code, error.message]).toEqual([413, 'request_too_large', expect.stringContaining(`${bodyMax}`)])
  expect(upstream.seen).toEqual([])
})

test('a form just below the limit, read from a file by the SDK, gets through', async () => {
  upstream.answers.set('/v1/audio/transcriptions', json({ text: 'x' }))
  const path = join(tmpdir(), `headgate-form-${process.pid}.wav`)
  await writeFile(path, Buffer.alloc(bodyMax - 4_096, 'abcdefg'))
  await client.audio.transcriptions.create({ file: createReadStream(path), model: 'ears' })
  const sent = (await arrived()).get('file') as File
  expect(Buffer.from(await sent.arrayBuffer()).equals(await readFile(path))).toBe(true)
  await rm(path)
})

test('a caller who leaves in the middle of a form leaves nothing behind', async () => {
  const socket = connect(gateway.port, '127.0.0.1')
  const head = `POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\n`
  socket.write(`${head}content-type: multipart/form-data; boundary=${boundary}\r\ncontent-length: 2000000\r\n\r\n`)
  socket.write(partOf(['model', 'ears']))
  await until(async () => (await openRequests(gateway)) === 1, 10_000)
  socket.destroy()
  await until(async () => (await openRequests(gateway)) === 0, 10_000)
  expect(upstream.seen).toEqual([])
})
