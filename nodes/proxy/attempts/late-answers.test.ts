// Answers that are too large to be read in the event loop, and numbers of tokens in bodies that are.
import { describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { TestGateway } from '../apis/test-gateway.ts'
import { anthropic, openAiChat } from '../streams/test-streams.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const nothing = { inFlight: 0, armed: 0, live: 0 }
const small = [{ role: 'user', content: 'hi' }]
const large = [{ role: 'user', content: 'x'.repeat(300_000) }]
const long = 'y'.repeat(bounds.parsedHereBytesMax)
const longer = 'y'.repeat(bounds.judgedHereBytesMax)

/** A gateway whose upstream has answered at length, and whose jobs wait for `go`. */
async function answered(model: string, answer: object, path = '/v1/chat/completions') {
  const gateway = await TestGateway.open()
  const { promise, resolve } = Promise.withResolvers<void>()
  gateway.jobs.before = () => promise
  const call = gateway.call({ path, body: { model, messages: small } })
  gateway.upstream.last.answer(200, answer)
  return { gateway, go: resolve, ...call }
}

describe('a large answer', () => {
  test('of another dialect is read and printed elsewhere', async () => {
    const { gateway, go, reply } = await answered('claude', anthropic.whole(long))
    expect(reply.status).toBe(0)
    go()
    await turn()
    expect(JSON.parse(reply.text).choices[0].message.content).toBe(long)
    expect([gateway.jobs.ran, gateway.leftovers]).toEqual([['read an answer'], nothing])
    expect(gateway.record.tokens.output).toBeGreaterThan(0)
  })

  test('that passes through is judged elsewhere, and is sent as it came', async () => {
    const answer = openAiChat.whole(longer)
    const { gateway, go, reply } = await answered('gpt', answer)
    go()
    await turn()
    expect(reply.text).toBe(JSON.stringify(answer))
    expect([gateway.jobs.ran, gateway.leftovers]).toEqual([['judge an answer'], nothing])
    expect(gateway.record.tokens.output).toBeGreaterThan(0)
  })

  test.each([
    ['that is none', { ...openAiChat.whole(longer), choices: [] }],
    ['that is an error', { error: { message: longer } }],
  ])('%s is a failure of the upstream', async (_, answer) => {
    const { gateway, go, reply } = await answered('gpt', answer)
    go()
    await turn()
    expect([reply.status, gateway.leftovers]).toEqual([502, nothing])
    expect(gateway.record).toMatchObject({ status: 'failed' })
  })

  test.each(['too-complex', 'internal'] as const)(
    'of another dialect that nobody can read (%s) is one, too',
    async (type) => {
      const { gateway, go, reply } = await answered('claude', anthropic.whole(long))
      gateway.jobs.failure = { type }
      go()
      await turn()
      expect([reply.status, gateway.leftovers]).toEqual([502, nothing])
    },
  )

  test('for a caller who left is read for nobody', async () => {
    const { gateway, go, reply, body } = await answered('claude', anthropic.whole(long))
    reply.leave()
    go()
    await turn()
    expect([gateway.jobs.ran, body.released, gateway.leftovers]).toEqual([[], 1, nothing])
    expect(gateway.record).toMatchObject({ status: 'client-aborted' })
  })

  test('that is read for too long is a timeout of its attempt', async () => {
    const { gateway, go, reply } = await answered('claude', anthropic.whole(long))
    gateway.clock.advance(3_600_000)
    expect([reply.status, gateway.leftovers]).toEqual([504, nothing])
    go()
    await turn()
    expect(gateway.record).toMatchObject({ status: 'failed' })
  })
})

describe('the tokens of a large body', () => {
  const path = '/v1/messages/count_tokens'

  test('are estimated elsewhere where no target counts them', async () => {
    const gateway = await TestGateway.open()
    const { reply, body } = gateway.call({ path, body: { model: 'gpt', messages: large } })
    await turn()
    expect(JSON.parse(reply.text).input_tokens).toBeGreaterThan(10_000)
    expect([gateway.jobs.ran, body.released, gateway.upstream.calls]).toEqual([['estimate'], 1, []])
  })

  test('are estimated elsewhere where the target turns out not to', async () => {
    const gateway = await TestGateway.open()
    const { reply, body } = gateway.call({ path, body: { model: 'claude', messages: large } })
    await turn()
    gateway.upstream.last.answer(404, 'not found')
    await turn()
    expect([reply.status, reply.header('x-headgate-estimated')]).toEqual([200, 'true'])
    expect(JSON.parse(reply.text).input_tokens).toBeGreaterThan(10_000)
    expect([gateway.jobs.ran, body.released, gateway.leftovers]).toEqual([['estimate'], 1, nothing])
  })

  test.each<[string, (gateway: TestGateway, leave: () => void) => void, object]>([
    ['the caller leaves', (_, leave) => leave(), { status: 'client-aborted' }],
    ['it takes too long', ({ clock }) => clock.advance(3_600_000), { status: 'failed', errorCode: 'overloaded' }],
  ])('are not waited for where %s', async (_, happens, record) => {
    const gateway = await TestGateway.open()
    const { reply, body } = gateway.call({ path, body: { model: 'claude', messages: large } })
    await turn()
    gateway.jobs.before = () => new Promise(() => {})
    gateway.upstream.last.answer(404, 'not found')
    happens(gateway, () => reply.leave())
    expect([body.released, gateway.leftovers]).toEqual([1, nothing])
    expect(gateway.record).toMatchObject(record)
  })

  test.each([
    ['gpt', { type: 'too-complex' }, 413],
    ['claude', { type: 'too-busy', retryAfterMs: 1_000 }, 529],
  ] as const)('that cannot be estimated (%s) are refused', async (model, failure, status) => {
    const gateway = await TestGateway.open()
    gateway.jobs.failure = failure
    const { reply, body } = gateway.call({ path, body: { model, messages: large } })
    await turn()
    if (model === 'claude') gateway.upstream.last.answer(404, 'not found')
    await turn()
    expect([reply.status, body.released, gateway.leftovers]).toEqual([status, 1, nothing])
  })
})
