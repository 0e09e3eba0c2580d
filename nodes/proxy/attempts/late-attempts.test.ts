// Attempts that have to wait for a large body, in a whole pipeline: what the caller hears, and that nothing is left behind whatever
// happens meanwhile.
import { describe, expect, test } from 'vitest'
import { TestGateway } from '../apis/test-gateway.ts'
import { anthropic, openAiChat } from '../streams/test-streams.ts'

const long = 'x'.repeat(300_000)
const messages = [{ role: 'user', content: long }]
const large = { model: 'claude', messages }
const turn = () => new Promise((resolve) => setImmediate(resolve))
const nothing = { inFlight: 0, armed: 0, live: 0 }

/** A gateway whose jobs wait for `go`. */
async function held() {
  const gateway = await TestGateway.open()
  const { promise, resolve } = Promise.withResolvers<void>()
  gateway.jobs.before = () => promise
  return { gateway, go: resolve }
}

describe('before an attempt', () => {
  test('a large body is translated elsewhere, and goes back to its pool with the answer', async () => {
    const gateway = await TestGateway.open()
    const { reply, body } = gateway.call({ body: large })
    expect(gateway.upstream.calls).toEqual([])
    await turn()
    expect(gateway.jobs.ran).toEqual(['translate'])
    expect(gateway.upstream.last.json).toMatchObject({ messages: [{ role: 'user' }] })
    expect(body.released).toBe(0)
    gateway.upstream.last.answer(200, anthropic.whole('hello'))
    expect([reply.status, body.released, gateway.leftovers]).toEqual([200, 1, nothing])
    expect(reply.text).toContain('hello')
    expect(gateway.record).toMatchObject({ status: 'ok' })
  })

  test('one that passes through is sent as it came, but for its model', async () => {
    const gateway = await TestGateway.open()
    gateway.call({ body: { model: 'gpt', messages, seed: 1 } })
    await turn()
    expect(gateway.upstream.last.text).toBe(JSON.stringify({ model: 'gpt-4o', messages, seed: 1 }))
    expect(gateway.jobs.ran).toEqual([])
  })

  test('a small one waits for nothing', async () => {
    const gateway = await TestGateway.open()
    gateway.call({ body: { model: 'claude', messages: [{ role: 'user', content: 'hi' }] } })
    expect([gateway.upstream.calls.length, gateway.jobs.ran]).toEqual([1, []])
  })

  const asked = [
    ['/v1/chat/completions', large],
    ['/v1/responses', { model: 'claude', input: long }],
    ['/v1/messages', { model: 'gpt', max_tokens: 9, messages }],
    ['/v1beta/models/claude:generateContent', { contents: [{ parts: [{ text: long }] }] }],
    ['/v1/embeddings', { model: 'gem', input: long }],
  ] as const
  const failures = [
    [{ type: 'too-busy', retryAfterMs: 1_000 }, 503, 'overloaded', '1'],
    [{ type: 'too-complex' }, 413, 'too_complex', undefined],
  ] as const

  test.each(asked.flatMap(([path, body]) => failures.map((failure) => [path, body, ...failure] as const)))(
    'a body at %s that cannot be translated now, or ever, is refused in the words of its dialect',
    async (path, sent, failure, status, code, retryAfter) => {
      const gateway = await TestGateway.open()
      gateway.jobs.failure = failure
      const { reply, body } = gateway.call({ path, body: sent })
      await turn()
      // Anthropic has a status of its own for an overload.
      const told = status === 503 && path === '/v1/messages' ? 529 : status
      expect([reply.status, reply.header('retry-after')]).toEqual([told, retryAfter])
      expect(gateway.record).toMatchObject({ status: 'failed', errorCode: code, attempts: 0 })
      expect([gateway.upstream.calls, body.released, gateway.leftovers]).toEqual([[], 1, nothing])
    },
  )

  test('a fault of ours ends that request alone', async () => {
    const gateway = await TestGateway.open()
    gateway.jobs.before = () => Promise.resolve()
    gateway.jobs.failure = { type: 'internal' }
    const { reply } = gateway.call({ body: large })
    await turn()
    expect([reply.status, gateway.leftovers]).toEqual([500, nothing])
  })

  test('a caller who leaves meanwhile leaves nothing behind', async () => {
    const { gateway, go } = await held()
    const { reply, body } = gateway.call({ body: large })
    reply.leave()
    expect([body.released, gateway.leftovers]).toEqual([1, nothing])
    go()
    await turn()
    expect([gateway.upstream.calls, gateway.jobs.ran]).toEqual([[], []])
    expect(gateway.record).toMatchObject({ status: 'client-aborted' })
  })

  test('a key that is revoked meanwhile ends the request', async () => {
    const { gateway, go } = await held()
    const { reply, body } = gateway.call({ body: large })
    await gateway.revokeKey()
    expect([reply.status, body.released, gateway.leftovers]).toEqual([401, 1, nothing])
    go()
    await turn()
    expect(gateway.upstream.calls).toEqual([])
  })

  test('a wait that takes all the time that the request has ends as an overload', async () => {
    const { gateway } = await held()
    const { reply, body } = gateway.call({ body: large })
    gateway.clock.advance(3_600_000)
    expect([reply.status, body.released, gateway.leftovers]).toEqual([503, 1, nothing])
    expect(gateway.record).toMatchObject({ errorCode: 'overloaded' })
  })

  test('a target that turns out not to take the request is passed over', async () => {
    const gateway = await TestGateway.open()
    gateway.call({ body: { models: ['claude', 'gpt'], messages, n: 2 } })
    await turn()
    expect(gateway.upstream.calls.map(({ request }) => request.origin.host)).toEqual(['api.openai.com'])
    const { reply } = gateway.call({ body: { ...large, n: 2 } })
    await turn()
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('GET /v1/models lists the models that you may use.')
  })
})

describe('behind an attempt', () => {
  test('the next target is told what the bytes say, not what the last one was told', async () => {
    const gateway = await TestGateway.open()
    const { reply, body } = gateway.call({ body: { models: ['claude', 'gem', 'gpt'], messages } })
    await turn()
    gateway.upstream.last.answer(529, { error: { message: 'busy' } })
    await turn()
    expect(gateway.upstream.last.json).toMatchObject({ contents: [{ role: 'user' }] })
    gateway.upstream.last.answer(503, {})
    await turn()
    expect(gateway.upstream.last.json).toMatchObject({ model: 'gpt-4o', messages })
    gateway.upstream.last.answer(200, openAiChat.whole('hello'))
    expect([reply.status, reply.header('x-headgate-attempts'), body.released]).toEqual([200, '3', 1])
    expect([gateway.jobs.ran, gateway.leftovers]).toEqual([['translate', 'translate'], nothing])
  })

  test('a retry after a pause is translated anew', async () => {
    const gateway = await TestGateway.open({ model: { retries: { attempts: 1 } } })
    gateway.call({ body: large })
    await turn()
    gateway.upstream.last.answer(429, {}, { 'retry-after': '1' })
    gateway.clock.advance(1_100)
    await turn()
    expect([gateway.upstream.calls.length, gateway.jobs.ran]).toEqual([2, ['translate', 'translate']])
    gateway.upstream.last.answer(200, anthropic.whole('hello'))
    expect(gateway.leftovers).toEqual(nothing)
  })

  test('where no other target takes the request, the caller hears what the last one said', async () => {
    const gateway = await TestGateway.open()
    const { reply } = gateway.call({ body: { models: ['gpt', 'claude'], messages, n: 2 } })
    await turn()
    gateway.upstream.last.answer(400, { error: { message: 'said by the first' } })
    await turn()
    expect(reply.text).toContain('said by the first')
    expect(gateway.leftovers).toEqual(nothing)
  })

  test('the bytes go back when the caller leaves between two attempts', async () => {
    const { gateway, go } = await held()
    const { reply, body } = gateway.call({ body: { models: ['gpt', 'claude'], messages } })
    await turn()
    gateway.upstream.last.answer(503, {})
    reply.leave()
    go()
    await turn()
    expect([gateway.upstream.calls.length, body.released, gateway.leftovers]).toEqual([1, 1, nothing])
    expect(gateway.record).toMatchObject({ status: 'client-aborted', attempts: 1 })
  })
})
