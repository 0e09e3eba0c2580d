// Upstreams that compress what they were asked to send as it is: callers get it as it was.
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createDeflate,
  createGzip,
  createZstdCompress,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { modelOn, providerAt } from './scripted-llm.ts'

const encodings = {
  gzip: [gzipSync, () => createGzip({ flush: constants.Z_SYNC_FLUSH })],
  deflate: [deflateSync, () => createDeflate({ flush: constants.Z_SYNC_FLUSH })],
  br: [brotliCompressSync, () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH })],
  zstd: [zstdCompressSync, () => createZstdCompress({ flush: constants.ZSTD_e_flush })],
} as const
type Encoding = keyof typeof encodings

let upstream: Server
let answer: (response: ServerResponse) => unknown
let asked: string | undefined
let gateway: Gateway
let openai: OpenAI

beforeAll(async () => {
  upstream = createServer((request, response) => {
    asked = request.headers['accept-encoding']
    request.resume().on('end', () => void answer(response))
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  const claude = { kind: 'anthropic', baseUrl: url, credentials: [{ name: 'main', apiKey: 'sk' }] }
  gateway = await startGateway({
    config: {
      providers: { up: providerAt(url), claude },
      models: { direct: modelOn('up', 'gpt-4o'), translated: modelOn('claude', 'claude-sonnet-4-5') },
    },
  })
  openai = new OpenAI({ apiKey: (await gateway.issueKey()).secret, baseURL: `${gateway.base}/v1`, maxRetries: 0 })
})
afterAll(async () => {
  await gateway?.stop()
  upstream?.close()
  upstream?.closeAllConnections()
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const long = 'naïve café 東京 🗼 '.repeat(5_000)

function bodyOf(model: string, content: string): string {
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
  if (model === 'direct') {
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
    return JSON.stringify({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage })
  }
  const block = { type: 'text', text: content }
  const tokens = { input_tokens: 3, output_tokens: 4 }
  const message = { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [block], usage: tokens }
  return JSON.stringify({ ...message, stop_reason: 'end_turn' })
}

function chunk(delta: object, finish_reason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`
}

describe.each(Object.keys(encodings) as Encoding[])('%s', (encoding) => {
  const [compress, open] = encodings[encoding]
  const headers = { 'content-type': 'application/json', 'content-encoding': encoding }

  test.each(['direct', 'translated'])('a whole answer of a %s model (wire 6)', async (model) => {
    answer = (response) => response.writeHead(200, headers).end(compress(bodyOf(model, long)))
    const { data, response } = await openai.chat.completions.create({ model, messages }).withResponse()
    expect(data.choices[0]?.message.content).toBe(long)
    expect(data.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4 })
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(asked).toBe('identity')
  })

  test('an error keeps its words (wire 6)', async () => {
    const error = { message: 'that is not to be', type: 'invalid_request_error', param: null, code: 'no' }
    answer = (response) => response.writeHead(400, headers).end(compress(JSON.stringify({ error })))
    await expect(openai.chat.completions.create({ model: 'direct', messages })).rejects.toMatchObject({
      status: 400,
      code: 'no',
    })
  })

  test('an event of a stream goes on before the next one is there (wire 5, 6)', async () => {
    let goOn = () => {}
    const seenFirst = new Promise<void>((resolve) => {
      goOn = resolve
    })
    answer = async (response) => {
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' })
      const packer = open()
      packer.pipe(response)
      packer.write(chunk({ role: 'assistant', content: 'one' }))
      await seenFirst
      packer.end(`${chunk({ content: ' two' })}${chunk({}, 'stop')}data: [DONE]\n\n`)
    }
    let text = ''
    for await (const { choices } of await openai.chat.completions.create({ model: 'direct', messages, stream: true })) {
      text += choices[0]?.delta.content ?? ''
      if (text === 'one') goOn()
    }
    expect(text).toBe('one two')
  })

  // Node's decoder of zstd takes an end in the middle for an end; there, HTTP's own framing has to show it.
  if (encoding === 'zstd') return

  test('what ends in the middle is no answer', async () => {
    const bytes = compress(bodyOf('direct', long))
    answer = (response) => response.writeHead(200, headers).end(bytes.subarray(0, bytes.length - 9))
    await expect(openai.chat.completions.create({ model: 'direct', messages })).rejects.toMatchObject({ status: 502 })
  })
})

test('an encoding that nobody knows is no answer either', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'compress' }
  answer = (response) => response.writeHead(200, headers).end('?')
  await expect(openai.chat.completions.create({ model: 'direct', messages })).rejects.toMatchObject({ status: 502 })
})

test('a small answer that would be a huge one is stopped', async () => {
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const bomb = gzipSync(Buffer.alloc(512 << 20, ' '), { level: 9 })
  let closed: Promise<unknown> = Promise.resolve()
  answer = (response) => {
    closed = once(response, 'close')
    response.writeHead(200, headers).end(bomb)
  }
  await expect(openai.chat.completions.create({ model: 'direct', messages })).rejects.toMatchObject({ status: 502 })
  await closed
})
