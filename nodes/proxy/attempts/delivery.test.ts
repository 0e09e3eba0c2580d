// What callers get: headers, bytes as they come, signs of life, and what ends a stream.
import { describe, expect, test } from 'vitest'
import { type AskedCall, TestGateway } from '../apis/test-gateway.ts'
import { anthropic, gemini, openAiChat, openAiResponses, type PlayedDialect } from '../streams/test-streams.ts'

const messages = [{ role: 'user', content: 'hi' }]
const question = { model: 'gpt', messages }
const claude = { model: 'claude', max_tokens: 9, messages, stream: true }
const streamed = { body: { ...question, stream: true } }
const events = { 'content-type': 'text/event-stream' }

async function begun() {
  const gateway = await TestGateway.open()
  const call = gateway.call(streamed)
  gateway.upstream.last.stream(openAiChat.opening, openAiChat.word('hello'))
  return { gateway, upstream: gateway.upstream.last, ...call }
}

describe('a whole answer', () => {
  test('its headers tell what happened, and what it cost', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: question, headers: { 'x-request-id': 'mine' } })
    gateway.clock.advance(25)
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect(reply.header('x-request-id')).toBe('mine')
    expect(reply.header('content-type')).toBe('application/json')
    expect(reply.header('x-headgate-provider')).toBe('up')
    expect(reply.header('x-headgate-model')).toBe('gpt-4o')
    expect(reply.header('x-headgate-upstream-ms')).toBe('25')
    expect(reply.header('x-headgate-overhead-ms')).toBe('0')
    expect(reply.header('x-headgate-cost-usd')).toBe('0.000013')
    expect(gateway.record).toMatchObject({ requestId: 'mine', costNanoUsd: 13_000, totalUs: 25_000, overheadUs: 0 })
  })

  test('the status is the upstream’s', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: question })
    gateway.upstream.last.answer(202, openAiChat.whole('hello'))
    expect([reply.status, gateway.record.httpStatus]).toEqual([202, 202])
  })

  test('it waits for its record', async () => {
    const gateway = await TestGateway.open()
    const { recorder } = gateway.outcome
    recorder.holds = true
    const { reply } = gateway.call({ body: question })
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect([recorder.records.length, reply.text]).toEqual([1, ''])
    recorder.flush()
    expect(reply.text).toContain('hello')
  })

  test('a caller who leaves between the record and the last byte leaves no second record', async () => {
    const gateway = await TestGateway.open()
    gateway.outcome.recorder.holds = true
    const { reply } = gateway.call({ body: question })
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    reply.leave()
    gateway.outcome.recorder.flush()
    expect([gateway.record.status, reply.text]).toEqual(['ok', ''])
  })

  test('callers of Anthropic’s API read the id of a request from a header of its own, and see its limits', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ path: '/v1/messages', body: { model: 'claude', max_tokens: 9, messages } })
    gateway.upstream.last.answer(200, anthropic.whole('hello'), { 'anthropic-ratelimit-tokens-remaining': '5' })
    expect(reply.header('request-id')).toBe(reply.header('x-request-id'))
    expect(reply.header('anthropic-ratelimit-tokens-remaining')).toBe('5')
  })

  test('parameters that the target could not take are named', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: { ...question, model: 'claude', seed: 1 } })
    gateway.upstream.last.answer(200, anthropic.whole('hello'))
    expect(reply.header('x-headgate-dropped-params')).toBe('seed')
  })
})

describe('a stream', () => {
  test('its head and its bytes go out as they come', async () => {
    const { gateway, reply, upstream } = await begun()
    expect([reply.status, reply.header('content-type')]).toEqual([200, 'text/event-stream'])
    expect(reply.header('x-accel-buffering')).toBe('no')
    expect(reply.header('x-headgate-cost-usd')).toBeUndefined()
    expect(reply.text).toBe(openAiChat.opening + openAiChat.word('hello'))
    upstream.data(openAiChat.word(' again'))
    expect(reply.text.endsWith(openAiChat.word(' again'))).toBe(true)
    expect(gateway.outcome.recorder.records).toEqual([])
  })

  test('nothing goes out before the first event', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call(streamed)
    gateway.upstream.last.head(200, events).data(openAiChat.opening.slice(0, 20))
    expect([reply.status, reply.text]).toEqual([0, ''])
  })

  test('its terminal event waits for its record', async () => {
    const { gateway, reply, upstream } = await begun()
    gateway.outcome.recorder.holds = true
    upstream.data(openAiChat.closing).end()
    expect(gateway.record).toMatchObject({ status: 'ok', stream: true, tokens: { input: 7, output: 3 } })
    expect([reply.text.includes('[DONE]'), reply.ended]).toEqual([false, false])
    gateway.outcome.recorder.flush()
    expect([reply.text.includes('data: [DONE]\n\n'), reply.ended]).toEqual([true, true])
  })

  test('a caller who is slow pauses the upstream, until it takes bytes again', async () => {
    const { reply, upstream } = await begun()
    reply.full = true
    upstream.data(openAiChat.word(' again'))
    expect(upstream.paused).toBe(true)
    reply.takeAgain()
    expect(upstream.paused).toBe(false)
  })

  test('a silence is broken by comments, which do not count as words of the upstream', async () => {
    const { gateway, reply, upstream } = await begun()
    gateway.clock.advance(14_000)
    expect(reply.text).not.toContain(': keep-alive')
    gateway.clock.advance(2_000)
    expect(reply.text.split(': keep-alive\n\n')).toHaveLength(2)
    gateway.clock.advance(44_000)
    expect(reply.text.split(': keep-alive\n\n')).toHaveLength(4)
    gateway.clock.advance(2_000)
    expect([upstream.aborted, gateway.record.errorCode]).toEqual([true, 'upstream_timeout'])
  })

  test('its times are measured from the last byte of the request', async () => {
    const gateway = await TestGateway.open()
    gateway.call({ body: claude })
    gateway.clock.advance(100)
    gateway.upstream.last.stream(anthropic.opening, anthropic.word('hello'))
    gateway.clock.advance(400)
    gateway.upstream.last.data(anthropic.word(' again')).data(anthropic.closing).end()
    expect(gateway.record).toMatchObject({ ttftUs: 100_000, totalUs: 500_000, overheadUs: 0 })
    expect(gateway.attempts).toMatchObject([{ firstByteUs: 100_000, ttftUs: 100_000, interTokenUs: 400_000 }])
  })

  test('one that nobody can read on the way is cut without a word', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ path: '/v1/audio/speech', body: { model: 'gpt', input: 'hi', voice: 'alloy' } })
    gateway.upstream.last.head(200, { 'content-type': 'audio/mpeg' }).data('RIFF').fail()
    expect([reply.text, reply.aborted, reply.ended]).toEqual(['RIFF', true, false])
    expect(gateway.record).toMatchObject({ status: 'cut', errorCode: 'upstream_error' })
  })

  test('what an upstream said in its own error event is told in the caller’s words', async () => {
    const { gateway, reply, upstream } = await begun()
    upstream.data('data: {"error":{"message":"engine on fire"}}\n\n')
    const last = reply.text.split('\n\n').at(-2)
    expect(JSON.parse(last!.slice('data: '.length))).toEqual({
      error: { message: 'engine on fire', type: 'server_error', param: null, code: 'upstream_error' },
    })
    expect(gateway.record).toMatchObject({ status: 'cut', errorCode: 'upstream_error' })
  })
})

interface Cut {
  readonly name: string
  readonly asked: AskedCall
  readonly dialect: PlayedDialect
  /** The event that ends the stream. */
  readonly event: RegExp
}

const cuts: readonly Cut[] = [
  {
    name: 'chat completions',
    asked: streamed,
    dialect: openAiChat,
    event: /\n\ndata: \{"error":\{"message":"The API key is not valid[^\n]*"code":"invalid_api_key"\}\}\n\n$/,
  },
  {
    name: 'messages',
    asked: { path: '/v1/messages', body: claude },
    dialect: anthropic,
    event: /\n\nevent: error\ndata: \{"type":"error","error":\{"type":"authentication_error"[^\n]*\}\n\n$/,
  },
  {
    name: 'streamGenerateContent',
    asked: {
      path: '/v1beta/models/gem:streamGenerateContent',
      query: 'alt=sse',
      body: { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] },
    },
    dialect: gemini,
    event: /\n\ndata: \{"error":\{"code":401,[^\n]*"status":"UNAUTHENTICATED"[^\n]*\}\}\n\n$/,
  },
  {
    name: 'responses that pass through',
    asked: { path: '/v1/responses', body: { model: 'gpt', input: 'hi', stream: true, store: false } },
    dialect: openAiResponses,
    event: /\n\nevent: response\.failed\ndata: [^\n]*"code":"invalid_api_key"[^\n]*\n\n$/,
  },
  {
    name: 'responses that are translated',
    asked: { path: '/v1/responses', body: { model: 'claude', input: 'hi', stream: true, store: false } },
    dialect: anthropic,
    event: /\n\nevent: response\.failed\ndata: [^\n]*"code":"invalid_api_key"[^\n]*\n\n$/,
  },
  {
    name: 'chat completions that are translated',
    asked: { body: claude },
    dialect: anthropic,
    event: /\n\ndata: \{"error":\{[^\n]*"code":"invalid_api_key"\}\}\n\n$/,
  },
]

describe('a stream under a key that is revoked', () => {
  test.each(cuts)('$name: it ends with the error event of its dialect, and is paid for', async (cut) => {
    const gateway = await TestGateway.open()
    const { reply, body } = gateway.call(cut.asked)
    const { opening, word } = cut.dialect
    const upstream = gateway.upstream.last.stream(opening, word('hello'), word(' again'))
    await gateway.revokeKey()
    expect(reply.text).toMatch(cut.event)
    expect([reply.ended, upstream.aborted, body.released]).toEqual([true, true, 1])
    expect(gateway.record).toMatchObject({ status: 'cut', httpStatus: 200, errorCode: 'invalid_api_key' })
    expect(gateway.record.tokens.output).toBeGreaterThan(0)
    expect(gateway.record.costNanoUsd).toBeGreaterThan(0)
    expect(gateway.attempts).toMatchObject([{ outcome: 'aborted', costNanoUsd: gateway.record.costNanoUsd }])
    gateway.clock.advance(10_000)
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
  })

  test('one that has not begun is told a status', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call(streamed)
    await gateway.revokeKey()
    expect([reply.status, JSON.parse(reply.text).error.code]).toEqual([401, 'invalid_api_key'])
    expect(gateway.record).toMatchObject({ status: 'failed', httpStatus: 401, errorCode: 'invalid_api_key' })
  })

  test('the target is not blamed for it', async () => {
    const { gateway } = await begun()
    gateway.target('gpt').health.failuresInRow = 1
    await gateway.revokeKey()
    expect(gateway.target('gpt').health).toEqual({ inFlight: 0, failuresInRow: 1 })
  })
})

describe('a stored answer', () => {
  const body = { model: 'claude', input: 'hi' }
  const turn = () => new Promise(setImmediate)

  async function asked(more: object = {}) {
    const gateway = await TestGateway.open()
    const call = gateway.call({ path: '/v1/responses', body: { ...body, ...more } })
    await turn()
    return { gateway, ...call }
  }

  test('it is stored before its last bytes go', async () => {
    const { gateway, reply } = await asked()
    gateway.upstream.last.answer(200, anthropic.whole('hello'))
    expect(reply.text).toBe('')
    await turn()
    const { id, store } = JSON.parse(reply.text)
    expect(store).toBe(true)
    const read = gateway.call({ method: 'GET', path: `/v1/responses/${id}` })
    await turn()
    expect(JSON.parse(read.reply.text)).toMatchObject({ id, output: [{ content: [{ text: 'hello' }] }] })
  })

  test('a stream of it too, whose terminal event comes last', async () => {
    const { gateway, reply } = await asked({ stream: true })
    const { opening, word, closing } = anthropic
    gateway.upstream.last.stream(opening, word('hello'), closing).end()
    expect(reply.text).not.toContain('response.completed')
    await turn()
    expect(reply.text).toContain('event: response.completed')
    expect(reply.ended).toBe(true)
  })

  test('a caller who leaves while it is stored leaves no second record', async () => {
    const { gateway, reply } = await asked()
    gateway.upstream.last.answer(200, anthropic.whole('hello'))
    reply.leave()
    await turn()
    expect([gateway.record.status, reply.text]).toEqual(['ok', ''])
  })
})
