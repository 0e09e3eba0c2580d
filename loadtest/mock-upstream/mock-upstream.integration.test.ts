import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type MockUpstream, startMockUpstream } from './mock-upstream.ts'

let mock: MockUpstream
beforeAll(async () => {
  mock = await startMockUpstream({ recordedMax: 4 })
})
afterAll(() => mock.stop())
beforeEach(() => mock.reset())

function chat(body: object, at = '/v1', headers: Record<string, string> = {}): Promise<Response> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
  return fetch(`${mock.url}${at}/chat/completions`, init)
}

const frames = (text: string) => text.split('\n\n').filter((frame) => frame !== '')

test('a unary answer is about 600 bytes, has usage, and never changes', async () => {
  const [first, second] = await Promise.all([chat({ model: 'gpt-x' }), chat({ model: 'gpt-y' })])
  const text = await first.text()
  expect(await second.text()).toBe(text)
  expect(text.length).toBeGreaterThan(550)
  expect(text.length).toBeLessThan(650)
  expect(JSON.parse(text).usage).toEqual({ prompt_tokens: 9, completion_tokens: 82, total_tokens: 91 })
})

test('a stream has its chunks of 230 bytes, a finish, usage only when asked, and [DONE]', async () => {
  const plain = frames(await (await chat({ model: 'mock.chunks-5', stream: true })).text())
  expect(plain).toHaveLength(7)
  expect(plain.slice(0, 5).map((frame) => frame.length + 2)).toEqual([230, 230, 230, 230, 230])
  expect(plain.at(-1)).toBe('data: [DONE]')
  const asked = { model: 'mock.chunks-5', stream: true, stream_options: { include_usage: true } }
  const counted = frames(await (await chat(asked)).text())
  expect(JSON.parse(counted.at(-2)?.slice(6) ?? '').usage.completion_tokens).toBe(5)
})

test('a path with directives needs no body', async () => {
  expect(frames(await (await chat({}, '/do/sse.chunks-3.usage/v1')).text())).toHaveLength(6)
})

test('a header with directives works like a path', async () => {
  expect((await chat({ model: 'gpt-x' }, '/v1', { 'x-mock': 'status-503' })).status).toBe(503)
})

test('an unknown directive is refused by name', async () => {
  const response = await chat({ model: 'mock.chunk-3' })
  expect([response.status, await response.text()]).toEqual([400, '{"error":{"message":"unknown directive chunk-3"}}'])
})

test('a status comes with its retry-after', async () => {
  const response = await chat({ model: 'mock.status-429.retryAfter-7' })
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
})

test('usage can be absent, and can ride on the last choice', async () => {
  expect(JSON.parse(await (await chat({ model: 'mock.noUsage' })).text()).usage).toBeUndefined()
  const all = frames(await (await chat({ model: 'mock.usageOnLastChoice.chunks-2', stream: true })).text())
  expect(JSON.parse(all.at(-2)?.slice(6) ?? '')).toMatchObject({ choices: [{}], usage: { completion_tokens: 2 } })
})

test('a stream can end in an error or without [DONE]', async () => {
  const errored = frames(await (await chat({ model: 'mock.chunks-5.errorAt-2', stream: true })).text())
  expect(errored).toHaveLength(3)
  expect(errored[2]).toContain('"error"')
  expect(frames(await (await chat({ model: 'mock.chunks-2.noDone', stream: true })).text()).at(-1)).toContain('"stop"')
})

test.each(['mock.cut-100', 'mock.cut-400.sse'])('%s breaks off', async (model) => {
  await expect(chat({ model }).then((response) => response.text())).rejects.toThrow()
})

test('a delayed answer waits and a hanging one never comes', async () => {
  const startedAt = performance.now()
  await (await chat({ model: 'mock.delay-60' })).text()
  expect(performance.now() - startedAt).toBeGreaterThan(55)
  const signal = AbortSignal.timeout(80)
  const hanging = fetch(`${mock.url}/v1/chat/completions`, { method: 'POST', body: '{"model":"mock.hang"}', signal })
  await expect(hanging).rejects.toThrow()
  await expect.poll(async () => (await mock.ledger()).earlyCloses).toBe(1)
})

test('a held stream is silent until it is released', async () => {
  const response = await chat({ model: 'mock.chunks-4.hold-1', stream: true })
  const reader = response.body?.getReader()
  const first = await reader?.read()
  expect(first?.value?.byteLength).toBe(230)
  expect((await mock.ledger()).streamsOpen).toBe(1)
  await mock.release()
  while ((await reader?.read())?.done === false);
  expect(await mock.ledger()).toMatchObject({ streamsOpen: 0, streamsCompleted: 1, chunks: 4 })
})

test('a reader that leaves is an early close', async () => {
  const response = await chat({ model: 'mock.chunks-100.pace-5', stream: true })
  await response.body?.cancel()
  await expect.poll(async () => (await mock.ledger()).earlyCloses).toBe(1)
})

test('the latest requests are kept with headers and bodies', async () => {
  await (await chat({ model: 'gpt-x', user: 'Zoë' }, '/v1', { 'x-custom': 'yes' })).text()
  const [kept] = await mock.requests()
  expect(kept).toMatchObject({ method: 'POST', path: '/v1/chat/completions', headers: { 'x-custom': 'yes' } })
  expect(JSON.parse(kept?.body ?? '')).toEqual({ model: 'gpt-x', user: 'Zoë' })
})

test('with TLS it is trusted through its own authority only', async () => {
  const secure = await startMockUpstream({ tls: true })
  try {
    const { Agent, request } = await import('undici')
    const url = `${secure.tlsUrl}/v1/models`
    const dispatcher = new Agent({ connect: { ca: secure.authority?.pem ?? '' } })
    expect((await request(url, { dispatcher })).statusCode).toBe(200)
    await expect(request(url)).rejects.toThrow(/self-signed|unable to verify/)
  } finally {
    await secure.stop()
  }
})
