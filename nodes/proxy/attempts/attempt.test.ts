import { describe, expect, test } from 'vitest'
import { brokenAnswer, firstTokenTimeout, idleTimeout, totalTimeout } from '../errors/upstream-failure.ts'
import { testTarget } from '../providers/test-connect.ts'
import { defaultTimeouts } from '../routing/model-route.ts'
import { anthropic, openAiChat } from '../streams/test-streams.ts'
import { openAttempt, startAttempt } from './test-attempt.ts'

const messages = [{ role: 'user', content: 'hi' }]
const streamed = { body: { model: 'm', messages, stream: true } }
const json = { 'content-type': 'application/json' }
/** A deadline fires up to two ticks late. */
const ticksMs = 75

describe('the request', () => {
  test('the body goes on with the model of the target, to its address, under its credential', () => {
    const apiKey = { $sealed: 'sk-1', hint: '' }
    const target = testTarget({ kind: 'openai', credentials: [{ name: 'main', apiKey }] })
    const { call } = startAttempt({ target, headers: { traceparent: '00-1' } })
    const { request } = call
    expect(call.json).toEqual({ model: 'gpt-4o', messages })
    expect([request.method, request.path, request.origin.host]).toEqual([
      'POST',
      '/v1/chat/completions',
      'api.openai.com',
    ])
    expect(request.headerLines).toContain('authorization: Bearer sk-1\r\n')
    expect(request.headerLines).toContain('traceparent: 00-1\r\n')
    expect(request.connectTimeoutMs).toBe(defaultTimeouts.connectMs)
  })

  test('a credential that cannot prove anything yet sends nothing', () => {
    const target = testTarget()
    const credentials = target.credentials.map((credential) => ({ ...credential, sign: () => undefined }))
    const { attempt, owner, upstream } = openAttempt({ target: { ...target, credentials } })
    attempt.start()
    expect([upstream.calls.length, owner.failure?.outcome, attempt.status]).toEqual([0, 'auth', 0])
  })

  test('the body is lent until its bytes are taken', () => {
    const { call, request, body } = startAttempt()
    request.body.notNeeded()
    expect(body.released).toBe(0)
    call.bodySent()
    expect(body.released).toBe(1)
  })

  test('an abort gives the body back, and nothing is heard of the attempt any more', () => {
    const { attempt, call, request, body, owner, clock } = startAttempt()
    request.body.notNeeded()
    attempt.abort()
    expect([call.aborted, body.released]).toEqual([true, 1])
    clock.advance(700_000)
    expect(owner.told).toEqual([])
  })
})

describe('a whole answer', () => {
  test('it is told when all of it has come, with what it used', () => {
    const { attempt, call, owner, clock } = startAttempt()
    clock.advance(100)
    call.head(200, json).data('{"choices":[{}],')
    expect([attempt.status, attempt.firstByteMs, owner.told]).toEqual([200, 100, []])
    call.data('"usage":{"prompt_tokens":3,"completion_tokens":4}}').end()
    expect(owner.told).toEqual([
      {
        type: 'answered',
        answer: {
          body: Buffer.from('{"choices":[{}],"usage":{"prompt_tokens":3,"completion_tokens":4}}'),
          contentType: 'application/json',
          usage: expect.objectContaining({ input: 3, output: 4 }),
          textBytes: 0,
        },
      },
    ])
    expect(attempt.hasForwarded).toBe(false)
  })

  test('an answer that is no JSON is none', () => {
    const { call, owner } = startAttempt()
    call.head(200, { 'content-type': 'text/html' })
    expect([call.aborted, owner.failure]).toEqual([true, brokenAnswer])
  })

  test('one in an encoding that nobody can read is none', () => {
    const { call, owner } = startAttempt()
    call.head(200, { ...json, 'content-encoding': 'compress' })
    expect([call.aborted, owner.failure]).toEqual([true, brokenAnswer])
  })

  test('it may take as long as the request may, once its head has come', () => {
    const { call, owner, clock } = startAttempt({ headers: { 'x-headgate-timeout': '10s' } })
    clock.advance(5_000)
    call.head(200, json)
    clock.advance(4_900)
    expect(owner.told).toEqual([])
    clock.advance(100 + ticksMs)
    expect([call.aborted, owner.failure]).toEqual([true, totalTimeout])
  })
})

describe('an error of the upstream', () => {
  test('its words are read, and what it asked for is heard', () => {
    const { attempt, call, owner } = startAttempt()
    call.head(429, { ...json, 'retry-after': '2' }).data('{"error":{"message":"slow"}}')
    expect(owner.told).toEqual([])
    call.end()
    expect([attempt.status, owner.failure?.condition, owner.failure?.retryAfterMs]).toEqual([429, '429', 2_000])
  })

  test('words that do not come are not waited for', () => {
    const { call, owner, clock } = startAttempt()
    call.head(503, json).data('{"err')
    clock.advance(1_900)
    expect(owner.told).toEqual([])
    clock.advance(100 + ticksMs)
    expect([call.aborted, owner.failure?.condition]).toEqual([true, '5xx'])
  })

  test('a connection that fails is told as it failed', () => {
    const outcomes = (['connect', 'connect-timeout', 'reset', 'protocol', 'tls'] as const).map((type) => {
      const { call, owner } = startAttempt()
      call.fail(type)
      return [owner.types.length, owner.failure?.outcome]
    })
    expect(outcomes).toEqual([
      [1, 'connect'],
      [1, 'connect'],
      [1, 'reset'],
      [1, 'protocol'],
      [1, 'tls'],
    ])
  })
})

describe('a stream', () => {
  test('its first byte is announced before it is sent, and its terminal event is told apart', () => {
    const { attempt, call, owner } = startAttempt(streamed)
    call.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.closing)
    expect(owner.types).toEqual(['first-byte', 'bytes', 'bytes', 'stream-end'])
    expect(owner.told.at(-1)).toEqual({ type: 'stream-end', last: 'data: [DONE]\n\n' })
    expect(attempt.hasForwarded).toBe(true)
  })

  test('one that was overtaken ends without a word', () => {
    const { call, owner, request, body } = startAttempt(streamed)
    owner.isWanted = false
    request.body.notNeeded()
    call.stream(openAiChat.opening, openAiChat.word('hi')).fail()
    expect([owner.types, call.aborted, body.released]).toEqual([['first-byte'], true, 1])
  })

  test('a caller who is slow pauses it, and it goes on when it is told to', () => {
    const { attempt, call, owner } = startAttempt(streamed)
    owner.takes = 'full'
    call.stream(openAiChat.word('hi'))
    expect(call.paused).toBe(true)
    attempt.resume()
    expect(call.paused).toBe(false)
  })

  test('an upstream that does not begin is given up after the time to the first token', () => {
    const timeouts = { ...defaultTimeouts, firstTokenMs: 3_000 }
    const { call, owner, clock } = startAttempt({ ...streamed, route: { timeouts } })
    clock.advance(2_900)
    expect(owner.told).toEqual([])
    clock.advance(100 + ticksMs)
    expect([call.aborted, owner.failure]).toEqual([true, firstTokenTimeout])
  })

  test('its head alone does not count as a beginning', () => {
    const { call, owner, clock } = startAttempt({ ...streamed, headers: { 'x-headgate-ttft-timeout': '3s' } })
    clock.advance(1_000)
    call.stream('')
    clock.advance(4_000 + ticksMs)
    expect(owner.failure).toEqual(firstTokenTimeout)
  })

  test.each(['comments', 'roles'])('%s alone do not count as a beginning, however many come', (what) => {
    const timeouts = { ...defaultTimeouts, firstTokenMs: 3_000 }
    const { call, owner, clock } = startAttempt({ ...streamed, route: { timeouts } })
    call.stream('')
    for (let second = 0; second < 3; second++) {
      call.data(what === 'comments' ? ': PROCESSING\n\n' : openAiChat.opening)
      clock.advance(1_000)
    }
    clock.advance(ticksMs)
    expect([call.aborted, owner.types, owner.failure]).toEqual([true, ['failed'], firstTokenTimeout])
  })

  test.each([': keep-alive\n\n', ''])('one that is complete ends well after two seconds of %j', (sign) => {
    const { call, owner, clock } = startAttempt(streamed)
    call.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.closing.replace('data: [DONE]\n\n', ''))
    for (let tick = 0; tick < 19; tick++) {
      if (sign !== '') call.data(sign)
      clock.advance(100)
    }
    expect([call.aborted, owner.types.includes('stream-end')]).toEqual([false, false])
    clock.advance(100 + ticksMs)
    expect([call.aborted, owner.told.at(-1)]).toEqual([true, { type: 'stream-end', last: 'data: [DONE]\n\n' }])
    clock.advance(60_000)
    expect(owner.types.filter((type) => type === 'stream-end' || type === 'failed')).toEqual(['stream-end'])
  })

  test('one that falls silent is given up after the time that a silence may last, and told of before', () => {
    const timeouts = { ...defaultTimeouts, idleMs: 40_000 }
    const { call, owner, clock } = startAttempt({ ...streamed, route: { timeouts } })
    call.stream(openAiChat.opening, openAiChat.word('hi'))
    clock.advance(39_900)
    expect(owner.types.filter((type) => type === 'silence')).toHaveLength(2)
    expect(owner.failure).toBeUndefined()
    clock.advance(100 + ticksMs)
    expect([call.aborted, owner.failure]).toEqual([true, idleTimeout])
  })

  test('one that goes on for ever ends with the time of the request', () => {
    const { call, owner, clock } = startAttempt({ ...streamed, headers: { 'x-headgate-timeout': '5s' } })
    call.stream(openAiChat.opening)
    for (let second = 0; second < 5; second++) {
      clock.advance(1_000)
      call.data(openAiChat.word('and '))
    }
    clock.advance(ticksMs)
    expect([call.aborted, owner.failure]).toEqual([true, totalTimeout])
  })

  test('an upstream has two seconds to close it after its end', () => {
    const { call, owner, clock } = startAttempt(streamed)
    call.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.closing)
    clock.advance(1_900)
    expect(call.aborted).toBe(false)
    clock.advance(100 + ticksMs)
    expect([call.aborted, owner.types.at(-1)]).toEqual([true, 'stream-end'])
  })

  test('bytes behind its end close the connection, and nobody is told', () => {
    const { call, owner } = startAttempt(streamed)
    call.stream(openAiChat.closing, openAiChat.word('hi'))
    expect([call.aborted, owner.types.at(-1)]).toEqual([true, 'stream-end'])
  })

  test('an error event before its first byte is worth another attempt, whatever it says', () => {
    const error = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    const target = testTarget({ kind: 'anthropic' }, { model: 'claude-sonnet-4-5' })
    const { call, owner } = startAttempt({ ...streamed, target })
    call.stream(error)
    expect([call.aborted, owner.types, owner.failure?.condition]).toEqual([true, ['failed'], '5xx'])
  })

  test('after its first byte it is the caller’s to hear', () => {
    const target = testTarget({ kind: 'anthropic' }, { model: 'claude-sonnet-4-5' })
    const { call, owner } = startAttempt({ ...streamed, target })
    const error = 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"busy"}}\n\n'
    call.stream(anthropic.opening, anthropic.word('hi'), error)
    expect(owner.failure?.error).toEqual({ type: 'upstream-error-event', message: 'busy' })
  })

  test('what an upstream of the caller’s own API says of its limits is kept', () => {
    const path = '/v1/messages'
    const body = { model: 'm', max_tokens: 9, messages }
    const limits = { 'anthropic-ratelimit-requests-remaining': '3' }
    const own = startAttempt({ path, body, target: testTarget({ kind: 'anthropic' }) })
    own.call.head(200, { ...json, ...limits })
    expect(own.attempt.accountLimits).toBe('\r\nanthropic-ratelimit-requests-remaining: 3')
    const other = startAttempt({ path, body })
    other.call.head(200, { ...json, ...limits })
    expect(other.attempt.accountLimits).toBeUndefined()
  })
})
