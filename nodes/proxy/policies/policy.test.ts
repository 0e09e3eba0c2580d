// What a policy does with a request: it rewrites it, rejects it, lets it wait, or leaves its bytes alone.
import { describe, expect, test } from 'vitest'
import type { Outcome } from '../accounting/outcome.ts'
import { openAiChat } from '../streams/test-streams.ts'
import type { Policy } from './policy.ts'
import {
  deciding,
  filtering,
  opened,
  question,
  Redaction,
  rejecting,
  rewriting,
  streamed,
  streams,
} from './test-policies.ts'

describe('the request', () => {
  test.each(streams)('$name: the upstream is sent the rewritten conversation', async ({ asked, upstream: dialect }) => {
    const { gateway, upstream } = await opened({ policies: [rewriting] })
    gateway.call(asked)
    expect(upstream.last.text).toContain('I am [NAME]')
    expect(upstream.last.text).not.toContain('Ada')
    upstream.last.stream(dialect.opening, dialect.word('hi'), dialect.closing).end()
    expect(gateway.record.status).toBe('ok')
  })

  test('the next target is sent the rewritten conversation too', async () => {
    const { gateway, upstream } = await opened()
    const { reply } = gateway.call({ body: { ...question, model: 'pair' } })
    upstream.last.answer(500, {})
    expect(upstream.calls.map(({ json }) => json['messages'])).toEqual([
      [{ role: 'user', content: 'I am [NAME]' }],
      [{ role: 'user', content: 'I am [NAME]' }],
    ])
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect(reply.text).toContain('"content":"HI"')
  })

  test('a later policy sees what an earlier one made of the request', async () => {
    const seen: string[] = []
    const reading = deciding((_request, asked) => {
      const parsed = asked.parsed()
      if (parsed.ok) seen.push(JSON.stringify(parsed.value.request.messages))
      return { type: 'proceed', asked }
    })
    const { gateway } = await opened({ later: [reading] })
    gateway.call({ body: question })
    expect(seen).toEqual([expect.stringContaining('[NAME]')])
  })
})

test.each([
  { name: 'one that reads it', policy: new Redaction() },
  { name: 'one that filters alone', policy: filtering },
])('a conversation that its provider holds is refused where a policy governs: $name', async ({ policy }) => {
  let governed = false
  const decide: Policy['decide'] = (...given) => policy.decide(...given)
  const { gateway, upstream } = await opened({ policies: [{ ...deciding(decide), governs: () => governed }] })
  const turn = () => new Promise(setImmediate)
  gateway.call({ path: '/v1/responses', body: { model: 'gpt', input: 'I am Ada' } })
  await turn()
  upstream.last.answer(200, { id: 'resp_theirs', store: true, output: [] })
  await turn()
  governed = true
  const body = { model: 'gpt', input: 'Who am I?', previous_response_id: 'resp_theirs' }
  const { reply } = gateway.call({ path: '/v1/responses', body })
  await turn()
  expect([upstream.calls.length, reply.status]).toEqual([1, 400])
  expect(JSON.parse(reply.text).error.param).toBe('previous_response_id')
})

describe('a policy that has to wait', () => {
  test('the request goes on when it has decided', async () => {
    const redaction = new Redaction()
    const slow = deciding((request, asked) => Promise.resolve(redaction.decide(request, asked)))
    const { gateway, upstream } = await opened({ policies: [slow] })
    const { reply } = gateway.call({ body: streamed })
    expect(upstream.calls).toEqual([])
    await new Promise(setImmediate)
    expect(upstream.last.text).toContain('[NAME]')
    upstream.last.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.closing).end()
    expect(reply.text).toContain('"content":"HI"')
    expect(redaction.settled).toHaveLength(1)
  })

  test('those behind it are asked after it, and those before it keep what they hold', async () => {
    const [first, last] = [new Redaction(), new Redaction()]
    const waiting = deciding((_request, asked) => Promise.resolve({ type: 'proceed', asked }))
    const { gateway, upstream } = await opened({ policies: [first, waiting, last] })
    gateway.call({ body: question })
    expect([first.held, last.held]).toEqual([1, 0])
    await new Promise(setImmediate)
    expect(last.held).toBe(1)
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect([first.settled.length, last.settled.length]).toEqual([1, 1])
  })

  test('a caller who leaves meanwhile costs no attempt', async () => {
    const waiting = deciding((_request, asked) => Promise.resolve({ type: 'proceed', asked }))
    const { gateway, redaction, upstream } = await opened({ later: [waiting] })
    const { reply, body } = gateway.call({ body: question })
    reply.leave()
    await new Promise(setImmediate)
    expect(upstream.calls).toEqual([])
    expect(gateway.record).toMatchObject({ status: 'client-aborted', httpStatus: 0, model: 'gpt' })
    expect(redaction.settled).toMatchObject([{ status: 'client-aborted' }])
    expect(body.released).toBe(1)
  })
})

describe('what no policy governs', () => {
  const own = '{ "model": "gpt",\n  "messages": [{"role":"user","content":"I am Ada"}], "seed": 1e2 }'

  test.each([
    { name: 'there is no policy', policies: [] },
    { name: 'a policy does not govern', policies: [{ ...rejecting, governs: () => false }] },
    { name: 'a policy has nothing to say', policies: [deciding((_request, asked) => ({ type: 'proceed', asked }))] },
  ])(
    '$name: the upstream is sent the bytes of the caller, and the caller those of the upstream',
    async ({ policies }) => {
      const { gateway, upstream } = await opened({ policies })
      const { reply } = gateway.call({ body: own })
      expect(upstream.last.text).toBe(own.replace('"gpt"', '"gpt-4o"'))
      const answer = ' {"choices": [ {} ],  "usage":{"prompt_tokens":1,"completion_tokens":1}}'
      upstream.last.answer(200, answer)
      expect(reply.text).toBe(answer)
    },
  )

  test('a policy that does not govern is not asked to decide, and takes nothing', async () => {
    let looks = 0
    const governs = () => {
      looks++
      return false
    }
    const decide = () => {
      throw new Error('it was asked')
    }
    const { gateway, upstream } = await opened({ policies: [{ name: 'idle', governs, decide }] })
    gateway.call({ body: question })
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect([looks, gateway.record.status]).toEqual([1, 'ok'])
  })

  test('a hold alone leaves the bytes alone', async () => {
    const settled: Outcome[] = []
    const counting = deciding((_request, asked) => {
      return { type: 'proceed', asked, hold: { settle: (outcome) => void settled.push(outcome) } }
    })
    const { gateway, upstream } = await opened({ policies: [counting] })
    gateway.call({ body: own })
    expect(upstream.last.text).toBe(own.replace('"gpt"', '"gpt-4o"'))
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect(settled).toMatchObject([{ status: 'ok' }])
  })
})
