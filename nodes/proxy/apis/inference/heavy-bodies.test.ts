// A body whose parsed form, or what is printed from it, has no room is shed or refused; one that passes through needs none.
import { expect, test } from 'vitest'
import { TestGateway } from '../test-gateway.ts'

const parsedBytesMax = 16 << 20
const open = () => TestGateway.open({ parsedBytesMax })
const chat = (model: string, bytes: number) => ({ model, messages: [{ role: 'user', content: 'x'.repeat(bytes) }] })
/** Small in bytes, and large once it is parsed. */
const dense = (model: string) => ({ model, messages: [{ role: 'user', content: 'hi' }], x: Array(110_000).fill(1) })
const answer = { id: 'msg_1', type: 'message', role: 'assistant', content: [{ type: 'text', text: 'hi' }], usage: {} }
const turn = () => new Promise((resolve) => setImmediate(resolve))

test.each([
  ['large', chat('claude', 9 << 20), chat('gpt', 9 << 20)],
  ['dense', dense('claude'), dense('gpt')],
])(
  'a %s body that could never be translated is too large, and passes to a model that takes it as it is',
  async (_, to, through) => {
    const gateway = await open()
    const { reply } = gateway.call({ body: to })
    await turn()
    await expect.poll(() => reply.status).toBe(413)
    expect(JSON.parse(reply.text).error.code).toBe('request_too_large')
    expect(reply.header('x-should-retry')).toBe('false')
    gateway.call({ body: through })
    await expect.poll(() => gateway.upstream.calls.length).toBe(1)
    expect(gateway.upstream.last.request.path).toBe('/v1/chat/completions')
    expect(gateway.parsedMemory.bytes).toBe(0)
    expect(gateway.jobs.ran).toEqual([])
  },
)

test('printed bodies are charged until their requests are answered, and what comes meanwhile is shed', async () => {
  const gateway = await open()
  const first = gateway.call({ body: chat('claude', 6 << 20) })
  await expect.poll(() => gateway.upstream.calls.length).toBe(1)
  const { last: upstream } = gateway.upstream
  expect(gateway.parsedMemory.bytes).toBeGreaterThan(6 << 20)
  const second = gateway.call({ body: chat('claude', 6 << 20) })
  await expect.poll(() => second.reply.status).toBe(503)
  expect(JSON.parse(second.reply.text).error.code).toBe('overloaded')
  expect(second.reply.header('retry-after')).toBeDefined()
  const small = gateway.call({ body: chat('claude', 10) })
  expect(small.reply.status).toBe(0)
  gateway.upstream.last.answer(200, answer)
  upstream.answer(200, answer)
  expect([first.reply.status, small.reply.status, gateway.parsedMemory.bytes]).toEqual([200, 200, 0])
})

test.each([
  ['that fails', (gateway: TestGateway) => gateway.upstream.last.answer(400, {})],
  ['that its caller leaves', (_: TestGateway, reply: { leave(): void }) => reply.leave()],
])('a request %s gives back what it was charged', async (_, end) => {
  const gateway = await open()
  const { reply } = gateway.call({ body: chat('claude', 2 << 20) })
  await expect.poll(() => gateway.upstream.calls.length).toBe(1)
  expect(gateway.parsedMemory.bytes).toBeGreaterThan(0)
  end(gateway, reply)
  expect(gateway.parsedMemory.bytes).toBe(0)
})

test('embeddings that are printed at several times their size are charged for that', async () => {
  const gateway = await open()
  const input = Array.from({ length: 200_000 }, () => 'x')
  const { reply } = gateway.call({ path: '/v1/embeddings', body: { model: 'gem', input } })
  await expect.poll(() => reply.status).toBe(413)
  expect(JSON.parse(reply.text).error.code).toBe('request_too_large')
})

test('an input that is kept for storing is charged until the answer is stored', async () => {
  const gateway = await open()
  const { reply } = gateway.call({ path: '/v1/responses', body: { model: 'gpt', input: 'x'.repeat(2 << 20) } })
  await expect.poll(() => gateway.upstream.calls.length).toBe(1)
  expect(gateway.parsedMemory.bytes).toBeGreaterThanOrEqual(2 << 20)
  reply.leave()
  await turn()
  expect(gateway.parsedMemory.bytes).toBe(0)
})
