// What callers see when upstreams fail: another target, a fallback, a clear refusal, or an error inside of the stream, and
// never two providers in one answer. Faults come from our mock (`mock.<directives>` as a target's model) and from a proxy
// that breaks connections.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../loadtest/faults/fault-proxy.ts'
import { type MockUpstream, startMockUpstream } from '../loadtest/mock-upstream/mock-upstream.ts'
import { freePort } from '../shared/free-ports.ts'
import { busyness } from '../shared/test-load.ts'
import { ask, type Gateway, startGateway, type Told } from './gateway.ts'
import { providerAt } from './scripted-llm.ts'

let mock: MockUpstream
let resetting: FaultProxy
let slicing: FaultProxy
let garbling: FaultProxy
let gateway: Gateway
let authorization: string

const chunksInAll = 2_000

beforeAll(async () => {
  mock = await startMockUpstream({ recordedMax: 64 })
  const upstreamPort = Number(new URL(mock.url).port)
  resetting = await startFaultProxy({ upstreamPort, faults: { answers: { resetAfterBytes: 20 } } })
  slicing = await startFaultProxy({ upstreamPort, faults: { answers: { sliceBytes: 1 } } })
  garbling = await startFaultProxy({ upstreamPort, faults: { answers: { flipByteAt: 0 } } })
  gateway = await startGateway({ config: await configOf() })
  authorization = `Bearer ${(await gateway.issueKey()).secret}`
})
afterAll(async () => {
  await gateway?.stop()
  await resetting?.stop()
  await slicing?.stop()
  await garbling?.stop()
  await mock?.stop()
})
beforeEach(() => mock.reset())

async function configOf() {
  return {
    providers: {
      mock: providerAt(mock.url),
      resetting: providerAt(`http://127.0.0.1:${resetting.port}`),
      slicing: providerAt(`http://127.0.0.1:${slicing.port}`),
      garbling: providerAt(`http://127.0.0.1:${garbling.port}`),
      nowhere: providerAt(`http://127.0.0.1:${await freePort(Math.random)}`),
    },
    models: {
      plain: model(['gpt-x']),
      'second-after-500': model(['mock.status-500', 'gpt-x'], 1),
      'second-after-429': model(['mock.status-429.retryAfter-30', 'gpt-x'], 1),
      'second-after-401': model(['mock.status-401', 'gpt-x'], 1),
      'second-after-html': model(['mock.status-502.html', 'gpt-x'], 1),
      'second-after-hang': model(['mock.hang', 'gpt-x'], 1, { timeouts: { firstToken: '300ms' } }),
      'second-after-cut': model(['mock.cut-100', 'gpt-x'], 1),
      'second-after-error-event': model(['mock.errorAt-0', 'gpt-x'], 1),
      'second-after-connect': { ...model(['gpt-x'], 1), ...targets(['nowhere', 'gpt-x'], ['mock', 'gpt-x']) },
      'second-after-reset': { ...model(['gpt-x'], 1), ...targets(['resetting', 'gpt-x'], ['mock', 'gpt-x']) },
      'waits-a-second': model(['mock.status-429.retryAfter-1'], 1),
      'does-not-wait': model(['mock.status-429.retryAfter-30'], 3),
      'all-limited': model(['mock.status-429.retryAfter-9', 'mock.status-429.retryAfter-4'], 1),
      'limited-and-broken': model(['mock.status-429.retryAfter-9', 'mock.status-500'], 1),
      broken: model(['mock.status-500']),
      'falls-back': { ...model(['mock.status-500']), fallbacks: ['broken', 'plain'] },
      'never-retried': { ...model(['mock.status-422', 'gpt-x'], 3), fallbacks: ['plain'] },
      hangs: model(['mock.hang'], 0, { timeouts: { firstToken: '300ms' } }),
      'takes-long': model(['mock.delay-5000'], 0, { timeouts: { total: '300ms' } }),
      'falls-silent': model(['mock.chunks-10.hold-3'], 0, { timeouts: { idle: '400ms' } }),
      'cut-short': model(['mock.chunks-20.cut-900']),
      'ends-in-error': model(['mock.chunks-20.errorAt-5']),
      'without-done': model(['mock.chunks-3.noDone']),
      'usage-on-last-choice': model(['mock.chunks-3.usageOnLastChoice']),
      garbled: { ...targets(['garbling', 'gpt-x']), retries: { attempts: 0 } },
      'second-after-garble': { ...model(['gpt-x'], 1), ...targets(['garbling', 'gpt-x'], ['mock', 'gpt-x']) },
      paced: model([`mock.chunks-${chunksInAll}.pace-10`]),
      'page-for-a-stream': model(['mock.unary']),
      'stream-for-a-page': model(['mock.sse']),
      sliced: targets(['slicing', 'mock.chunks-5']),
      weighted: { targets: [target('mock', 'gpt-70', 70), target('mock', 'gpt-30', 30)] },
    },
  }
}

/** Targets on the mock, in this order. */
function model(names: string[], attempts = 0, more: object = {}) {
  return { ...targets(...names.map((name): [string, string] => ['mock', name])), retries: { attempts }, ...more }
}

function targets(...pairs: [provider: string, model: string][]) {
  return { targets: pairs.map(([provider, name]) => target(provider, name)), routing: 'priority' }
}

function target(provider: string, name: string, weight = 1) {
  return { provider, model: name, weight }
}

function chat(name: string, more: object = {}, headers: Record<string, string> = {}): Promise<Told> {
  const body = { model: name, messages: [{ role: 'user', content: 'hi' }], ...more }
  return ask(`${gateway.base}/v1/chat/completions`, 'POST', body, { authorization, ...headers })
}

/** Served by: provider, its model, attempts, fallback index. */
function way({ headers }: Told): (string | null)[] {
  return ['provider', 'model', 'attempts', 'fallback-index'].map((name) => headers.get(`x-headgate-${name}`))
}

const frames = (text: string) => text.split('\n\n').filter((frame) => frame !== '')

function expectRefusal(told: Told, status: number, code: string | null, retry = false): void {
  expect([told.status, told.json?.error?.code, told.headers.get('x-should-retry')]).toEqual([status, code, `${retry}`])
  expect(Object.keys(told.json.error).sort()).toEqual(['code', 'message', 'param', 'type'])
  expect(told.headers.get('x-request-id')).toMatch(/^req_/)
  expect(told.headers.get('x-headgate-attempts')).toMatch(/^\d+$/)
  expect(told.text).not.toMatch(/<html|sk-upstream-canary/)
}

describe('a second target', () => {
  test.each(['500', '429', '401', 'html', 'hang', 'cut', 'connect', 'reset', 'garble'])(
    'serves after %s',
    async (fault) => {
      const told = await chat(`second-after-${fault}`)
      expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '2', '0'])
      expect(told.json.choices[0].message.content).toContain('Hello')
    },
  )

  test.each(['500', '429', 'hang', 'reset', 'error-event'])('streams after %s', async (fault) => {
    const told = await chat(`second-after-${fault}`, { stream: true })
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '2', '0'])
    expect(frames(told.text)).toHaveLength(18)
    expect(told.text).not.toContain('"error"')
  })

  test('is not tried for what is the fault of the request (wire 94, 95)', async () => {
    const told = await chat('never-retried')
    expectRefusal(told, 422, null)
    expect((await mock.ledger()).requests).toBe(1)
  })

  test('is not tried when the caller asks for no retries', async () => {
    expectRefusal(await chat('second-after-500', {}, { 'x-headgate-retries': '0' }), 502, 'upstream_error')
    expect((await mock.ledger()).requests).toBe(1)
  })
})

describe('waiting', () => {
  test('a short retry-after is waited for (wire 94)', async () => {
    const startedMs = performance.now()
    expectRefusal(await chat('waits-a-second'), 429, 'rate_limit_exceeded', true)
    expect(performance.now() - startedMs).toBeGreaterThan(990)
    expect((await mock.ledger()).requests).toBe(2)
  })

  test('a long retry-after is left to the caller (wire 94)', async () => {
    const startedMs = performance.now()
    const told = await chat('does-not-wait')
    expectRefusal(told, 429, 'rate_limit_exceeded', true)
    expect(performance.now() - startedMs).toBeLessThan(10_000 * busyness())
    expect([told.headers.get('retry-after'), told.headers.get('retry-after-ms')]).toEqual(['30', '30000'])
    expect((await mock.ledger()).requests).toBe(1)
  })

  test('when all are limited, the caller gets the smallest wait', async () => {
    const told = await chat('all-limited')
    expectRefusal(told, 429, 'rate_limit_exceeded', true)
    expect([told.json.error.type, told.headers.get('retry-after')]).toEqual(['requests', '4'])
  })

  test('when one is limited and one is broken, it is not for the caller to wait', async () => {
    expectRefusal(await chat('limited-and-broken'), 502, 'upstream_error')
  })
})

describe('fallbacks', () => {
  test('of the configuration are tried in order', async () => {
    const told = await chat('falls-back')
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '3', '2'])
  })

  test('of the request are tried in order, and the list goes no further than the gateway', async () => {
    const told = await chat('broken', { models: ['broken', 'does-not-wait', 'plain'] })
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '3', '2'])
    expect(Object.keys(JSON.parse((await mock.requests()).at(-1)!.body))).toEqual(['model', 'messages'])
  })

  test('can stand alone, without a model', async () => {
    const told = await chat('unused', { model: undefined, models: ['broken', 'plain'] })
    expect([told.status, ...way(told)]).toEqual([200, 'mock', 'gpt-x', '2', '1'])
  })

  test('that are unknown are refused before anything is asked', async () => {
    expect((await chat('plain', { models: ['plain', 'nonesuch'] })).status).toBe(404)
    expect((await mock.ledger()).requests).toBe(0)
  })
})

describe('time', () => {
  test.each([
    ['hangs', {}],
    ['hangs', { stream: true }],
    ['takes-long', {}],
  ])('%s with %j is a 504', async (name, more) => {
    const startedMs = performance.now()
    expectRefusal(await chat(name, more), 504, 'upstream_timeout')
    expect(performance.now() - startedMs).toBeLessThan(10_000 * busyness())
    await expect.poll(async () => (await mock.ledger()).earlyCloses, { timeout: 60_000 }).toBe(1)
  })

  test.each([
    ['x-headgate-timeout', {}],
    ['x-headgate-ttft-timeout', { stream: true }],
  ])("the caller's own %s counts (wire 98)", async (name, more) => {
    expectRefusal(
      await chat('mock/mock.hang', more, { [name]: '250ms', 'x-headgate-retries': '0' }),
      504,
      'upstream_timeout',
    )
  })

  test('a stream that falls silent ends in an error event and without [DONE]', async () => {
    const { status, text } = await chat('falls-silent', { stream: true })
    expect([status, frames(text).length]).toEqual([200, 4])
    expectErrorEvent(text, 'upstream_timeout')
    expect((await mock.ledger()).streamsOpen).toBe(0)
  })
})

function expectErrorEvent(text: string, code: string): void {
  const last = frames(text).at(-1) ?? ''
  expect(last).toMatch(/^data: \{"error":/)
  expect(JSON.parse(last.slice(6)).error).toMatchObject({ code, type: 'server_error', message: expect.any(String) })
  expect(text).not.toContain('[DONE]')
}

describe('streams', () => {
  test('that break off end in an error event and without [DONE]', async () => {
    const { status, text } = await chat('cut-short', { stream: true })
    expect(status).toBe(200)
    expect(frames(text).length).toBeGreaterThan(2)
    expectErrorEvent(text, 'upstream_error')
  })

  test('in which the upstream reports an error pass on its words', async () => {
    const { text } = await chat('ends-in-error', { stream: true })
    expect(frames(text)).toHaveLength(6)
    expectErrorEvent(text, 'upstream_error')
    expect(text).toContain('The model is overloaded')
  })

  test('whose [DONE] is missing get one', async () => {
    const told = await chat('without-done', { stream: true })
    expect(told.text.endsWith('"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')).toBe(true)
    expect(frames(told.text).filter((frame) => frame.includes('[DONE]'))).toHaveLength(1)
  })

  test('with usage on the last choice keep that chunk', async () => {
    const { text } = await chat('usage-on-last-choice', { stream: true })
    expect(text).toMatch(/"finish_reason":"stop".*"usage"/)
  })

  test('that come byte by byte are the same bytes', async () => {
    const body = { model: 'mock.chunks-5', stream: true, messages: [{ role: 'user', content: 'hi' }] }
    const direct = await ask(`${mock.url}/v1/chat/completions`, 'POST', body)
    expect((await chat('sliced', { stream: true })).text).toBe(direct.text)
  })
})

describe('refusals of an upstream', () => {
  test.each([400, 404, 409, 413, 415, 422])('%i is passed on as it is (wire 95)', async (status) => {
    const told = await chat(`mock/mock.status-${status}`, {}, { 'x-headgate-retries': '0' })
    expectRefusal(told, status, null)
    expect(told.json.error.message).toBe(`The mock answers ${status}`)
  })

  test.each([400, 404, 422])('%i in HTML is put into words of ours', async (status) => {
    const told = await chat(`mock/mock.status-${status}.html`)
    expectRefusal(told, status, null)
    expect(told.json.error.message).toContain(`${status}`)
  })

  test.each([
    [401, 502, 'upstream_auth'],
    [403, 502, 'upstream_auth'],
    [302, 502, 'upstream_error'],
    [500, 502, 'upstream_error'],
  ])('%i is ours to mend: %i %s', async (upstream, status, code) => {
    for (const more of ['', '.html']) {
      const name = `mock/mock.status-${upstream}${more}`
      expectRefusal(await chat(name, {}, { 'x-headgate-retries': '0' }), status, code)
    }
  })

  test.each([503, 529])('%i passes by itself', async (upstream) => {
    for (const more of ['', '.html']) {
      const name = `mock/mock.status-${upstream}${more}`
      expectRefusal(await chat(name, {}, { 'x-headgate-retries': '0' }), 503, 'overloaded', true)
    }
  })
})

test.each([
  ['garbled', {}],
  ['garbled', { stream: true }],
  ['page-for-a-stream', { stream: true }],
  ['stream-for-a-page', {}],
])('what cannot be read is a 502: %s with %j', async (name, more) => {
  expectRefusal(await chat(name, more), 502, 'upstream_protocol_error')
})

test('weights of 70 and 30 hold', async () => {
  const requests = 1_000
  let left = requests
  const seen: string[] = []
  const lane = async () => {
    while (left-- > 0) seen.push((await chat('weighted')).headers.get('x-headgate-model') ?? '')
  }
  await Promise.all(Array.from({ length: 16 }, lane))
  const first = seen.filter((name) => name === 'gpt-70').length
  // Five standard deviations of a binomial draw: a fair router fails this once in two million runs.
  const allowed = 5 * Math.sqrt(requests * 0.7 * 0.3)
  expect(seen).toHaveLength(requests)
  expect(Math.abs(first - requests * 0.7)).toBeLessThan(allowed)
  expect(seen.filter((name) => name === 'gpt-30')).toHaveLength(requests - first)
})

test('what happened is told by the history: attempts, their outcomes, and who served (wire 102)', async () => {
  await chat('second-after-500', {}, { 'x-request-id': 'routing-history-1' })
  await expect.poll(async () => (await gateway.admin('GET', '/requests/routing-history-1')).status).toBe(200)
  const { json } = await gateway.admin('GET', '/requests/routing-history-1')
  expect(json).toMatchObject({ model: 'second-after-500', provider: 'mock', httpStatus: 200, status: 'ok' })
  expect(json.attempts).toMatchObject([{ outcome: 'http-error' }, { outcome: 'ok' }])
})

test('a stream that its caller left is in the history, with what had come of it (wire 101, 102)', async () => {
  const controller = new AbortController()
  const answer = await fetch(`${gateway.base}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', 'x-request-id': 'routing-left-1' },
    body: JSON.stringify({ model: 'paced', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    signal: controller.signal,
  })
  const reader = answer.body!.getReader()
  let told = ''
  for (let i = 0; i < 5; i++) told += Buffer.from((await reader.read()).value ?? []).toString()
  controller.abort()
  const history = () => gateway.admin('GET', '/requests/routing-left-1')
  await expect.poll(async () => (await history()).status).toBe(200)
  const { json } = await history()
  expect(json).toMatchObject({ status: 'client-aborted', estimated: true, attempts: [{ outcome: 'aborted' }] })
  const chunksTold = told.split('data: ').length - 1
  expect(json.outputTokens).toBeGreaterThanOrEqual(chunksTold)
  expect(json.outputTokens).toBeLessThan(chunksInAll)
})
