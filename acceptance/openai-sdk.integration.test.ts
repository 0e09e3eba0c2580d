// The official SDK is how most users meet the gateway: what it is told decides whether it retries, which class of error it
// throws, and what it streams.
import type { LLMock } from '@copilotkit/aimock'
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
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { freePort } from '../shared/free-ports.ts'
import { type Gateway, type IssuedKey, startGateway } from './gateway.ts'
import { modelOn, providerAt, scriptedCall, scriptedText, startScriptedLlm } from './scripted-llm.ts'
import { sleep, until } from './until.ts'

let llm: LLMock
let mock: MockUpstream
let gateway: Gateway
let key: IssuedKey
let client: OpenAI

beforeAll(async () => {
  llm = await startScriptedLlm()
  mock = await startMockUpstream({ recordedMax: 8 })
  gateway = await startGateway({ config: await configOf() })
  key = await gateway.issueKey({ models: ['scripted', 'mock', ...faulty, 'demo/*'] })
  client = clientFor(key.secret)
})
afterAll(async () => {
  await gateway?.stop()
  await mock?.stop()
  await llm?.stop()
})

const faulty = [
  ...['slow-stream', 'slow-unary', 'cut-stream', 'upstream-500', 'upstream-401'],
  ...['unreachable', 'hanging', 'limited', 'html'],
]

async function configOf() {
  return {
    providers: {
      scripted: providerAt(llm.url),
      mock: providerAt(mock.url),
      nowhere: providerAt(`http://127.0.0.1:${await freePort(Math.random)}`),
    },
    models: {
      scripted: modelOn('scripted', 'gpt-4o'),
      mock: modelOn('mock', 'gpt-x'),
      hidden: modelOn('mock', 'gpt-x'),
      'slow-stream': modelOn('mock', 'mock.sse.chunks-1000.pace-20'),
      'slow-unary': modelOn('mock', 'mock.delay-20000'),
      'upstream-500': modelOn('mock', 'mock.status-500'),
      'upstream-401': modelOn('mock', 'mock.status-401'),
      unreachable: modelOn('nowhere', 'gpt-x'),
      hanging: modelOn('mock', 'mock.hang', { timeouts: { firstToken: '300ms' } }),
      limited: modelOn('mock', 'mock.status-429.retryAfter-7'),
      html: modelOn('mock', 'mock.status-422.html'),
      'cut-stream': modelOn('mock', 'mock.sse.chunks-20.cut-900'),
    },
  }
}

function clientFor(apiKey: string, options: { maxRetries?: number } = {}) {
  return new OpenAI({ apiKey, baseURL: `${gateway.base}/v1`, maxRetries: 0, ...options })
}

const say = (content: string) => [{ role: 'user' as const, content }]
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' }, unit: { type: 'string' } } },
    },
  },
]

describe('answers', () => {
  test('a unary chat comes whole, with its usage', async () => {
    const answer = await client.chat.completions.create({ model: 'scripted', messages: say('hello') })
    expect(answer.choices[0]?.message.content).toBe(scriptedText)
    expect(answer.usage?.total_tokens).toBeGreaterThan(0)
  })

  test('a streamed chat is the same text in many pieces, and shows no usage that nobody asked for', async () => {
    const chunks = await collect(
      await client.chat.completions.create({ model: 'scripted', stream: true, messages: say('hi') }),
    )
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(scriptedText)
    expect(chunks.length).toBeGreaterThan(5)
    expect(chunks.filter((chunk) => chunk.usage || chunk.choices.length === 0)).toEqual([])
  })

  test('a stream shows its usage once to who asked for it', async () => {
    const stream = await client.chat.completions.create({
      model: 'mock',
      stream: true,
      stream_options: { include_usage: true },
      messages: say('hi'),
    })
    const withUsage = (await collect(stream)).filter((chunk) => chunk.usage)
    expect(withUsage.map((chunk) => chunk.usage?.completion_tokens)).toEqual([16])
  })

  test('the upstream is asked with its own key and model, and for usage, whatever the caller sent', async () => {
    await collect(await client.chat.completions.create({ model: 'mock', stream: true, messages: say('hi') }))
    const sent = (await mock.requests()).at(-1)!
    expect(sent.headers['authorization']).toBe('Bearer sk-upstream-canary')
    expect(JSON.parse(sent.body)).toMatchObject({ model: 'gpt-x', stream_options: { include_usage: true } })
    expect(JSON.stringify(sent)).not.toContain(key.secret)
  })

  test('a tool is called, and its result is understood', async () => {
    const first = await client.chat.completions.create({ model: 'scripted', tools, messages: say('weather?') })
    const message = first.choices[0]!.message
    const [call] = message.tool_calls ?? []
    expect(first.choices[0]?.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ id: 'call_weather_1', function: scriptedCall })
    const result = { role: 'tool' as const, tool_call_id: call!.id, content: '21' }
    const messages = [...say('weather?'), message, result]
    const second = await client.chat.completions.create({ model: 'scripted', tools, messages })
    expect(second.choices[0]?.message.content).toBe('It is 21 degrees in Berlin.')
  })

  test.each(['scripted', 'demo/tools'])('streamed tool arguments of %s add up to JSON', async (model) => {
    const chunks = await collect(
      await client.chat.completions.create({ model, tools, stream: true, messages: say('weather in Berlin') }),
    )
    const parts = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? [])
    expect(parts[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather' } })
    expect(new Set(parts.map((part) => part.index))).toEqual(new Set([0]))
    const text = parts.map((part) => part.function?.arguments ?? '').join('')
    expect(Object.keys(JSON.parse(text))).toEqual(['city', 'unit'])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  test("the SDK's own tool runner goes through several rounds", async () => {
    const asked: unknown[] = []
    const runner = client.chat.completions.runTools({
      model: 'scripted',
      stream: true,
      messages: say('weather?'),
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Weather of a city',
            parse: JSON.parse,
            parameters: { type: 'object', properties: {} },
            function: (args: unknown) => {
              asked.push(args)
              return '21'
            },
          },
        },
      ],
    })
    expect(await runner.finalContent()).toBe('It is 21 degrees in Berlin.')
    expect(asked).toEqual([{ city: 'Berlin', unit: 'celsius' }])
  })

  test.each(['float', 'base64'] as const)('embeddings come as %s', async (format) => {
    const input = ['first', 'second']
    const answer = await client.embeddings.create({ model: 'demo/embed', input, encoding_format: format })
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1])
    expect(answer.usage.prompt_tokens).toBeGreaterThan(0)
  })

  test('embeddings of an upstream are read in the format that the SDK chooses', async () => {
    const answer = await client.embeddings.create({ model: 'scripted', input: 'one text' })
    expect(answer.data[0]?.embedding.length).toBeGreaterThan(8)
    expect(answer.data[0]?.embedding.every(Number.isFinite)).toBe(true)
  })

  test('the Responses API is passed through', async () => {
    const answer = await client.responses.create({ model: 'scripted', input: 'count me' })
    expect(answer.output_text).toBe(scriptedText)
    expect(answer.usage).toMatchObject({ input_tokens: 11, output_tokens: 7, total_tokens: 18 })
  })

  test('streamed responses come as typed events in order, with a terminal one', async () => {
    const events = await collect(await client.responses.create({ model: 'scripted', input: 'hello', stream: true }))
    expect([events[0]?.type, events.at(-1)?.type]).toEqual(['response.created', 'response.completed'])
    const deltas = events.filter((event) => event.type === 'response.output_text.delta')
    expect(deltas.map(({ delta }) => delta).join('')).toBe(scriptedText)
  })

  test('legacy completions come unary and streamed', async () => {
    const unary = await client.completions.create({ model: 'demo/echo', prompt: 'one two' })
    const pieces = await collect(
      await client.completions.create({ model: 'demo/echo', prompt: 'one two', stream: true }),
    )
    expect(unary.choices[0]?.text).toBe('You said: one two')
    expect(pieces.map((piece) => piece.choices[0]?.text ?? '').join('')).toBe('You said: one two')
  })

  test('moderations are passed through', async () => {
    const flagged = await client.moderations.create({ model: 'scripted', input: 'a bomb' })
    const fine = await client.moderations.create({ model: 'scripted', input: 'a flower' })
    expect([flagged.results[0]?.flagged, fine.results[0]?.flagged]).toEqual([true, false])
  })

  test('the list of models is what the key may call', async () => {
    const ids = (await collect(await client.models.list())).map(({ id }) => id)
    expect(ids).toContain('scripted')
    expect(ids).toContain('demo/echo')
    expect(ids).not.toContain('hidden')
    expect((await client.models.retrieve('demo/echo')).object).toBe('model')
    await expect(client.models.retrieve('hidden')).rejects.toThrow(APIError)
  })

  test('unary answers carry the request id and say who served them', async () => {
    const { response, request_id } = await client.chat.completions
      .create({ model: 'mock', messages: say('hi') }, { headers: { 'x-request-id': 'my-own-id.1' } })
      .withResponse()
    expect(request_id).toBe('my-own-id.1')
    const told = (name: string) => response.headers.get(`x-headgate-${name}`)
    expect([told('provider'), told('model'), told('attempts'), told('fallback-index')]).toEqual([
      ...['mock', 'gpt-x', '1', '0'],
    ])
    expect(told('cache-status')).toBe('BYPASS')
    expect(Number(told('config-revision'))).toBeGreaterThan(0)
    expect(Number(told('upstream-ms'))).toBeGreaterThan(0)
    expect(Number(told('overhead-ms'))).toBeGreaterThanOrEqual(0)
  })
})

describe('demo models', () => {
  test('echo repeats, pii leaks, and nothing costs anything', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'demo/echo', messages: say('hi there') })
      .withResponse()
    expect(data.choices[0]?.message.content).toBe('You said: hi there')
    expect(response.headers.get('x-headgate-cost-usd')).toBe('0')
    const pii = await client.chat.completions.create({ model: 'demo/pii', messages: say('who?') })
    expect(pii.choices[0]?.message.content).toMatch(/@example\.com.*4111/)
  })

  test('flaky fails every other time, and the gateway tries again', async () => {
    for (let i = 0; i < 2; i++) {
      const request = client.chat.completions.create({ model: 'demo/flaky', messages: say('hi') })
      const { data, response } = await request.withResponse()
      expect(data.choices[0]?.message.content).toBe('You said: hi')
      expect(response.headers.get('x-headgate-attempts')).toBe('2')
    }
  })

  test('429 stays limited', async () => {
    const error = await errorOf(client.chat.completions.create({ model: 'demo/429', messages: say('hi') }))
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error.headers?.get('retry-after')).toBe('1')
  })

  test('slow begins after two seconds and not before', async () => {
    const startedMs = performance.now()
    const stream = await client.chat.completions.create({ model: 'demo/slow', stream: true, messages: say('hi') })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    expect(performance.now() - startedMs).toBeGreaterThan(1_900)
    expect(performance.now() - startedMs).toBeLessThan(10_000)
  })
})

describe('errors', () => {
  const chat = (model: string, content = 'hi') => client.chat.completions.create({ model, messages: say(content) })

  const cases: [string, () => PromiseLike<unknown>, abstract new (...args: never) => unknown, number, string | null][] =
    [
      ['an unknown key', () => clientFor('hg_nobody').models.list(), AuthenticationError, 401, 'invalid_api_key'],
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
  const badMessages = () => client.chat.completions.create({ model: 'mock', messages: [] })

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
    await mock.reset()
    let requests = 0
    const counting: typeof fetch = (url, init) => {
      requests++
      return fetch(url, init)
    }
    const retrying = new OpenAI({ apiKey: key.secret, baseURL: `${gateway.base}/v1`, maxRetries: 2, fetch: counting })
    const error = await errorOf(retrying.chat.completions.create({ model, messages: say('hi') }))
    expect([error.status, requests]).toEqual([status, 1])
    expect((await mock.ledger()).requests).toBe(upstreamRequests)
  })

  test('a limited model is tried again by the SDK, which is told when', async () => {
    const error = await errorOf(chat('limited'))
    expect(error.headers?.get('x-should-retry')).toBe('true')
    expect([error.headers?.get('retry-after'), error.headers?.get('retry-after-ms')]).toEqual(['7', '7000'])
  })

  test('a stream that is cut in the middle throws after what came of it', async () => {
    const stream = await client.chat.completions.create({ model: 'cut-stream', stream: true, messages: say('hi') })
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
    const stream = await client.chat.completions.create({ model: 'slow-stream', stream: true, messages: say('hi') })
    let seen = 0
    for await (const _ of stream) if (++seen === 5) break
    stream.controller.abort()
    await until(async () => (await mock.ledger()).streamsOpen === 0, 300, 10)
  })

  test('an abort before the answer closes the upstream too', async () => {
    await mock.reset()
    const controller = new AbortController()
    const asked = client.chat.completions.create(
      { model: 'slow-unary', messages: say('hi') },
      { signal: controller.signal },
    )
    const failed = errorOf(asked)
    await until(async () => (await mock.ledger()).requests === 1, 2_000, 10)
    controller.abort()
    await failed
    await until(async () => (await mock.ledger()).earlyCloses === 1, 300, 10)
  })

  test('a revoked key is refused within 100 ms', async () => {
    const { id, secret } = await gateway.issueKey()
    const other = clientFor(secret)
    await other.models.list()
    expect((await gateway.admin('DELETE', `/keys/${id}`)).status).toBe(200)
    await sleep(100)
    expect(await errorOf(other.models.list())).toBeInstanceOf(AuthenticationError)
  })

  test('no secret stands in what the process printed (wire 106)', () => {
    const output = gateway.output()
    expect(output).toContain('Endpoint')
    for (const secret of [key.secret, 'sk-upstream-canary']) expect(output).not.toContain(secret)
  })
})

async function collect<Item>(stream: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = []
  for await (const item of stream) items.push(item)
  return items
}

async function errorOf(asked: PromiseLike<unknown>): Promise<APIError> {
  const outcome = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(outcome instanceof Error)) throw new Error('it was answered')
  return outcome as APIError
}
