// What the official SDK is told when something fails: it decides whether the SDK retries, and which class of error it throws.
// What it leaves is closed.
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep, until } from '../until.ts'
import { errorOf, type SdkRig, say, startSdkRig } from './sdk-rig.ts'

let rig: SdkRig
beforeAll(async () => {
  rig = await startSdkRig()
})
afterAll(() => rig?.stop())

describe('errors', () => {
  const chat = (model: string, content = 'hi') => rig.client.chat.completions.create({ model, messages: say(content) })

  const cases: [string, () => PromiseLike<unknown>, abstract new (...args: never) => unknown, number, string | null][] =
    [
      ['an unknown key', () => rig.clientFor('hg_nobody').models.list(), AuthenticationError, 401, 'invalid_api_key'],
      ['a model outside the key', () => chat('hidden'), PermissionDeniedError, 403, 'model_not_allowed'],
      ['a model that is none', () => chat('scriptd'), NotFoundError, 404, 'model_not_found'],
      ['messages that are none', () => badMessages(), BadRequestError, 400, 'invalid_messages'],
      [
        'what the upstream refuses',
        () => chat('scripted', 'you are refused'),
        BadRequestError,
        400,
        'context_length_exceeded',
      ],
      ['an upstream that limits', () => chat('limited'), RateLimitError, 429, 'rate_limit_exceeded'],
      ['a scripted limit', () => chat('scripted', 'you are limited'), RateLimitError, 429, 'rate_limit_exceeded'],
      ['an upstream that broke', () => chat('upstream-500'), InternalServerError, 502, 'upstream_error'],
      ['a scripted breakage', () => chat('scripted', 'you are broken'), InternalServerError, 502, 'upstream_error'],
      ['an upstream nobody reaches', () => chat('unreachable'), InternalServerError, 502, 'upstream_error'],
      [
        "an upstream that refuses the gateway's key",
        () => chat('upstream-401'),
        InternalServerError,
        502,
        'upstream_auth',
      ],
      ['an upstream that hangs', () => chat('hanging'), InternalServerError, 504, 'upstream_timeout'],
      ['a refusal in HTML', () => chat('html'), APIError, 422, null],
    ]
  const badMessages = () => rig.client.chat.completions.create({ model: 'mock', messages: [] })

  test.each(cases)('%s throws its class, with a code and a request id', async (_, ask, errorClass, status, code) => {
    const error = await errorOf(ask())
    expect(error).toBeInstanceOf(errorClass)
    expect([error.status, error.code ?? null]).toEqual([status, code])
    expect(error.requestID).toMatch(/^req_/)
    expect(error.message).not.toContain('<html>')
  })

  test.each([
    ['upstream-500', 502, 1],
    ['upstream-401', 502, 1],
    ['hanging', 504, 1],
    ['hidden', 403, 0],
  ])('the SDK does not try %s again, because the gateway has', async (model, status, upstreamRequests) => {
    await rig.mock.reset()
    let requests = 0
    const counting: typeof fetch = (url, init) => {
      requests++
      return fetch(url, init)
    }
    const retrying = new OpenAI({
      apiKey: rig.secret,
      baseURL: `${rig.gateway.base}/v1`,
      maxRetries: 2,
      fetch: counting,
    })
    const error = await errorOf(retrying.chat.completions.create({ model, messages: say('hi') }))
    expect([error.status, requests]).toEqual([status, 1])
    expect((await rig.mock.ledger()).requests).toBe(upstreamRequests)
  })

  test('a limited model is tried again by the SDK, which is told when', async () => {
    const error = await errorOf(chat('limited'))
    expect(error.headers?.get('x-should-retry')).toBe('true')
    expect([error.headers?.get('retry-after'), error.headers?.get('retry-after-ms')]).toEqual(['7', '7000'])
  })

  test('a stream that is cut in the middle throws after what came of it', async () => {
    const stream = await rig.client.chat.completions.create({ model: 'cut-stream', stream: true, messages: say('hi') })
    const seen: unknown[] = []
    const error = await errorOf(
      (async () => {
        for await (const chunk of stream) seen.push(chunk)
      })(),
    )
    expect(seen.length).toBeGreaterThan(2)
    expect(error).toBeInstanceOf(APIError)
    expect(error.code).toBe('upstream_error')
  })
})

describe('leaving', () => {
  test('an aborted stream closes the upstream within 300 ms', async () => {
    const stream = await rig.client.chat.completions.create({ model: 'slow-stream', stream: true, messages: say('hi') })
    let seen = 0
    for await (const _ of stream) if (++seen === 5) break
    stream.controller.abort()
    await until(async () => (await rig.mock.ledger()).streamsOpen === 0, 300, 10)
  })

  test('an abort before the answer closes the upstream too', async () => {
    await rig.mock.reset()
    const controller = new AbortController()
    const asked = rig.client.chat.completions.create(
      { model: 'slow-unary', messages: say('hi') },
      { signal: controller.signal },
    )
    const failed = errorOf(asked)
    await until(async () => (await rig.mock.ledger()).requests === 1, 2_000, 10)
    controller.abort()
    await failed
    await until(async () => (await rig.mock.ledger()).earlyCloses === 1, 300, 10)
  })

  test('a revoked key is refused within 100 ms', async () => {
    const { id, secret } = await rig.gateway.issueKey()
    const other = rig.clientFor(secret)
    await other.models.list()
    expect((await rig.gateway.admin('DELETE', `/keys/${id}`)).status).toBe(200)
    await sleep(100)
    expect(await errorOf(other.models.list())).toBeInstanceOf(AuthenticationError)
  })

  test('no secret stands in what the process printed (wire 106)', () => {
    const output = rig.gateway.output()
    expect(output).toContain('Endpoint')
    for (const secret of [rig.secret, 'sk-upstream-canary']) expect(output).not.toContain(secret)
  })
})
