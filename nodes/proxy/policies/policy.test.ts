// The seam that limits, guardrails, caches and prompts will use: one policy in a whole pipeline. It rewrites the request, takes a
// hold and filters the answer; nothing else of the gateway knows of it.
import { describe, expect, test } from 'vitest'
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import type { ChatEvent } from '../../../shared/chat/events.ts'
import type { ChatRequest, Message } from '../../../shared/chat/request.ts'
import { usageOf } from '../../../shared/chat/usage.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { type AskedCall, type TestCall, TestGateway } from '../apis/test-gateway.ts'
import { type GatewayError, unreadableError } from '../errors/gateway-error.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { anthropic, gemini, openAiChat, type PlayedDialect } from '../streams/test-streams.ts'
import type { ScriptedUpstream } from '../upstream/test-upstream.ts'
import type { Policy, PolicyDecision } from './policy.ts'

/** Hides names on the way in, shouts on the way out, and holds something in between. */
class Redaction implements Policy {
  readonly name = 'redaction'
  /** What its holds were told. */
  readonly settled: Outcome[] = []
  held = 0

  governs(): boolean {
    return true
  }

  decide(_request: AuthenticatedRequest, asked: InferenceRequest): PolicyDecision {
    const parsed = asked.parsed()
    if (!parsed.ok) return { type: 'reject', error: unreadableError(parsed.error) }
    this.held++
    const hold = { settle: (outcome: Outcome) => void this.settled.push(outcome) }
    return { type: 'proceed', asked: asked.with(redacted(parsed.value.request)), hold, filter: shouting }
  }
}

function redacted(request: ChatRequest): ChatRequest {
  return { ...request, messages: request.messages.map(withoutNames) }
}

function withoutNames(message: Message): Message {
  if (message.role !== 'user') return message
  const parts = message.parts.map((part) =>
    part.type === 'text' ? { ...part, text: part.text.replaceAll('Ada', '[NAME]') } : part,
  )
  return { ...message, parts }
}

const shouting: AnswerFilter = (emit) => (event) => emit(loud(event))

function loud(event: ChatEvent): ChatEvent {
  return event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event
}

/** A policy that comes to one decision about every request. */
function deciding(decide: Policy['decide']): Policy {
  return { name: 'later', governs: () => true, decide }
}

const rewriting = deciding((_request, asked) => {
  const parsed = asked.parsed()
  return { type: 'proceed', asked: parsed.ok ? asked.with(redacted(parsed.value.request)) : asked }
})
const filtering = deciding((_request, asked) => ({ type: 'proceed', asked, filter: shouting }))
const rejecting = deciding(() => ({ type: 'reject', error: { type: 'model-not-allowed', model: 'gpt' } }))

const cached: ChatAnswer = {
  id: 'hit_1',
  model: 'gpt-4o',
  created: 1,
  choices: [{ parts: [{ type: 'text', text: 'from memory' }], finish: { reason: 'stop' } }],
  usage: usageOf({ input: 5, output: 2 }),
}
const answering = deciding(() => ({ type: 'answer', answer: cached, status: 'HIT' }))

async function opened({ policies, later = [] }: { policies?: readonly Policy[]; later?: readonly Policy[] } = {}) {
  const redaction = new Redaction()
  const gateway = await TestGateway.open({ policies: policies ?? [redaction, ...later] })
  return { gateway, redaction, upstream: gateway.upstream }
}

const question = { model: 'gpt', messages: [{ role: 'user', content: 'I am Ada' }] }
const streamed = { ...question, stream: true }

interface Caller {
  readonly name: string
  readonly asked: AskedCall
  readonly upstream: PlayedDialect
  /** Text that the caller is told. */
  readonly said: (text: string) => string
  /** What ends its stream. */
  readonly end?: string
}

const contents = { contents: [{ role: 'user', parts: [{ text: 'I am Ada' }] }] }
const claude = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'I am Ada' }] }
const responses = { model: 'gpt', input: 'I am Ada', store: false }
const completion = { model: 'gpt', prompt: 'I am Ada' }

/** Callers whose bytes would pass through, were it not for the policy. */
const streams: readonly Caller[] = [
  {
    name: 'chat completions',
    asked: { body: streamed },
    upstream: openAiChat,
    said: (text) => `"content":"${text}"`,
    end: 'data: [DONE]\n\n',
  },
  {
    name: 'completions',
    asked: { path: '/v1/completions', body: { ...completion, stream: true } },
    upstream: openAiChat,
    said: (text) => `"text":"${text}"`,
    end: 'data: [DONE]\n\n',
  },
  {
    name: 'responses',
    asked: { path: '/v1/responses', body: { ...responses, stream: true } },
    upstream: openAiChat,
    said: (text) => `"delta":"${text}"`,
    end: 'event: response.completed',
  },
  {
    name: 'messages',
    asked: { path: '/v1/messages', body: { ...claude, stream: true } },
    upstream: anthropic,
    said: (text) => `{"type":"text_delta","text":"${text}"}`,
    end: 'event: message_stop',
  },
  {
    name: 'generateContent',
    asked: { path: '/v1beta/models/gem:streamGenerateContent', query: 'alt=sse', body: contents },
    upstream: gemini,
    said: (text) => `"text":"${text}"`,
    end: '"finishReason":"STOP"',
  },
]

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
])('a conversation that its provider holds is lost to no policy in silence: $name', async ({ policy }) => {
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

describe('the answer', () => {
  test.each(streams)('$name: a stream that would have passed through is filtered', async (caller) => {
    const { gateway, upstream } = await opened({ policies: [filtering] })
    const { reply } = gateway.call(caller.asked)
    const { opening, word, closing } = caller.upstream
    upstream.last.stream(opening, word('hello '))
    expect(reply.text).toContain(caller.said('HELLO '))
    upstream.last.data(word('world')).data(closing).end()
    expect(reply.text).toContain(caller.said('WORLD'))
    expect(reply.text).not.toMatch(/hello|world/)
    expect(reply.text).toContain(caller.end)
    expect(reply.ended).toBe(true)
    expect(gateway.record.tokens).toMatchObject({ input: 7, output: 3 })
  })

  const wholes: readonly Caller[] = [
    {
      name: 'chat completions',
      asked: { body: question },
      upstream: openAiChat,
      said: (text) => `"content":"${text}"`,
    },
    {
      name: 'completions',
      asked: { path: '/v1/completions', body: completion },
      upstream: openAiChat,
      said: (text) => `"text":"${text}"`,
    },
    {
      name: 'responses',
      asked: { path: '/v1/responses', body: responses },
      upstream: openAiChat,
      said: (text) => `"text":"${text}"`,
    },
    {
      name: 'messages',
      asked: { path: '/v1/messages', body: claude },
      upstream: anthropic,
      said: (text) => `"text":"${text}"`,
    },
    {
      name: 'generateContent',
      asked: { path: '/v1beta/models/gem:generateContent', body: contents },
      upstream: gemini,
      said: (text) => `"text":"${text}"`,
    },
  ]

  test.each(wholes)('$name: a whole answer is filtered', async ({ asked, upstream: dialect, said }) => {
    const { gateway, upstream } = await opened()
    const { reply } = gateway.call(asked)
    upstream.last.answer(200, dialect.whole('hello world'))
    expect(reply.status).toBe(200)
    expect(reply.text).toContain(said('HELLO WORLD'))
    expect(reply.text).not.toContain('hello')
    expect(gateway.record.tokens).toMatchObject({ input: 7, output: 3 })
  })

  test('the first policy filters first', async () => {
    const quoting: AnswerFilter = (emit) => (event) =>
      emit(event.type === 'text-delta' ? { ...event, text: `<b>${event.text}</b>` } : event)
    const later = [deciding((_request, asked) => ({ type: 'proceed', asked, filter: quoting }))]
    const { gateway, upstream } = await opened({ later })
    const { reply } = gateway.call({ body: question })
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect(reply.text).toContain('<b>HI</b>')
  })

  test('a filter may end a stream with an error of its own, and drop what follows', async () => {
    const ending: AnswerFilter = (emit) => (event) => {
      if (event.type !== 'text-delta' || !event.text.includes('secret')) return emit(event)
      emit({ type: 'error', error: { kind: 'content-policy', message: 'It told a secret.' } })
    }
    const policies = [deciding((_request, asked) => ({ type: 'proceed', asked, filter: ending }))]
    const { gateway, upstream } = await opened({ policies })
    const { reply } = gateway.call({ body: streamed })
    upstream.last.stream(openAiChat.opening, openAiChat.word('hi'), openAiChat.word('the secret'))
    expect(reply.text).toContain('"content":"hi"')
    expect(reply.text).not.toContain('the secret')
    expect(reply.text).not.toContain('[DONE]')
    expect(upstream.last.aborted).toBe(true)
    expect(gateway.record).toMatchObject({ status: 'cut' })
  })
})

interface WayOut {
  readonly name: string
  readonly later?: Policy
  readonly asked?: AskedCall
  readonly play?: (parts: { upstream: ScriptedUpstream; gateway: TestGateway; call: TestCall }) => void | Promise<void>
  /** What the hold is told. */
  readonly told: Partial<Outcome>
}

const begun = ({ upstream }: { upstream: ScriptedUpstream }) =>
  upstream.last.stream(openAiChat.opening, openAiChat.word('hi'))
const rejection: GatewayError = { type: 'model-not-allowed', model: 'gpt' }
const later = (decision: PolicyDecision) =>
  deciding(() => new Promise((resolve) => queueMicrotask(() => resolve(decision))))

const waysOut: readonly WayOut[] = [
  {
    name: 'answered whole',
    play: ({ upstream }) => void upstream.last.answer(200, openAiChat.whole('hi')),
    // 7 tokens in and 3 out, at 1,000 and 2,000 nano-dollars.
    told: { status: 'ok', httpStatus: 200, errorCode: '', costNanoUsd: 13_000, attemptCount: 1 },
  },
  {
    name: 'streamed to its end',
    asked: { body: streamed },
    play: ({ upstream }) => void begun({ upstream }).data(openAiChat.closing).end(),
    told: { status: 'ok', httpStatus: 200, errorCode: '', stream: true, costNanoUsd: 13_000 },
  },
  {
    name: 'rejected by a later policy',
    later: rejecting,
    told: { status: 'refused', httpStatus: 403, errorCode: 'model_not_allowed', attemptCount: 0, costNanoUsd: 0 },
  },
  {
    name: 'rejected by a later policy that takes its time',
    later: later({ type: 'reject', error: rejection }),
    told: { status: 'refused', httpStatus: 403, errorCode: 'model_not_allowed' },
  },
  {
    name: 'answered whole by a later policy',
    later: answering,
    told: { status: 'ok', httpStatus: 200, cacheStatus: 'HIT', attemptCount: 0, costNanoUsd: 0 },
  },
  {
    name: 'answered as a stream by a later policy',
    later: answering,
    asked: { body: streamed },
    told: { status: 'ok', httpStatus: 200, cacheStatus: 'HIT', stream: true, tokens: cached.usage! },
  },
  {
    name: 'every attempt failed',
    asked: { body: { ...question, model: 'pair' } },
    play: ({ upstream }) => {
      upstream.last.answer(500, {})
      upstream.last.fail('connect')
    },
    told: { status: 'failed', httpStatus: 502, errorCode: 'upstream_error', model: 'pair', attemptCount: 2 },
  },
  {
    name: 'rejected by the upstream',
    play: ({ upstream }) => void upstream.last.answer(400, { error: { message: 'too long', type: 'x', code: 'y' } }),
    told: { status: 'failed', httpStatus: 400, errorCode: 'upstream_refused', attemptCount: 1 },
  },
  {
    name: 'a stream cut after its first byte',
    asked: { body: streamed },
    play: (parts) => void begun(parts).fail('reset'),
    told: { status: 'cut', httpStatus: 200, errorCode: 'upstream_error', estimated: true },
  },
  {
    name: 'a stream that stalls after its first byte',
    asked: { body: streamed },
    play: (parts) => {
      begun(parts)
      parts.gateway.clock.advance(61_000)
    },
    told: { status: 'cut', httpStatus: 200, errorCode: 'upstream_timeout' },
  },
  {
    name: 'the caller left before the first byte',
    asked: { body: streamed },
    play: ({ call }) => call.reply.leave(),
    told: { status: 'client-aborted', httpStatus: 0, errorCode: '', attemptCount: 1 },
  },
  {
    name: 'the caller left in the middle of a stream',
    asked: { body: streamed },
    play: (parts) => {
      begun(parts)
      parts.call.reply.leave()
    },
    told: { status: 'client-aborted', httpStatus: 200, errorCode: '', attemptCount: 1, estimated: true },
  },
  {
    name: 'the caller left while a later policy decided',
    later: later({ type: 'answer', answer: cached, status: 'HIT' }),
    play: ({ call }) => call.reply.leave(),
    told: { status: 'client-aborted', httpStatus: 0, errorCode: '', attemptCount: 0 },
  },
  {
    name: 'the key was revoked in the middle of a stream',
    asked: { body: streamed },
    play: (parts) => {
      begun(parts)
      return parts.gateway.revokeKey()
    },
    told: { status: 'cut', httpStatus: 200, errorCode: 'invalid_api_key', estimated: true },
  },
  {
    name: 'the key was revoked before the first byte',
    play: ({ gateway }) => gateway.revokeKey(),
    told: { status: 'failed', httpStatus: 401, errorCode: 'invalid_api_key', attemptCount: 1 },
  },
  {
    name: 'a later policy throws',
    later: deciding(() => {
      throw new Error('it was never tried')
    }),
    told: { status: 'refused', httpStatus: 500, errorCode: 'internal_error', attemptCount: 0 },
  },
  {
    name: 'a later policy throws while it is waited for',
    later: deciding(() => Promise.reject(new Error('it was never tried'))),
    told: { status: 'refused', httpStatus: 500, errorCode: 'internal_error', attemptCount: 0 },
  },
  {
    name: 'a later policy throws when it is asked whether it governs',
    later: {
      ...rejecting,
      governs: () => {
        throw new Error('it was never tried')
      },
    },
    told: { status: 'refused', httpStatus: 500, errorCode: 'internal_error', attemptCount: 0 },
  },
  {
    name: 'a later policy rewrites what no target can take',
    later: deciding((_request, asked) => ({ type: 'proceed', asked: withPicture(asked) })),
    asked: { body: { ...question, model: 'aws' } },
    told: { status: 'failed', httpStatus: 400, attemptCount: 0 },
  },
]

/** A video by its address, which the target cannot fetch. */
function withPicture(asked: InferenceRequest): InferenceRequest {
  const parsed = asked.parsed()
  if (!parsed.ok) return asked
  const media = { from: 'url', url: 'https://example.com/a.mp4' } as const
  const messages: Message[] = [{ role: 'user', parts: [{ type: 'video', media }] }]
  return asked.with({ ...parsed.value.request, messages })
}

describe('the hold is settled exactly once, with the outcome that is recorded', () => {
  test.each(waysOut)('$name', async ({ later: another, asked = { body: question }, play, told }) => {
    const { gateway, redaction, upstream } = await opened({ later: another === undefined ? [] : [another] })
    const call = gateway.call(asked)
    await play?.({ upstream, gateway, call })
    await new Promise(setImmediate)
    expect(redaction.held).toBe(1)
    expect(redaction.settled).toEqual([expect.objectContaining(told)])
    const [outcome] = redaction.settled
    expect(gateway.record).toMatchObject({
      status: outcome?.status,
      httpStatus: outcome?.httpStatus,
      errorCode: outcome?.errorCode,
      tokens: outcome?.tokens,
      attempts: outcome?.attemptCount,
      cacheStatus: outcome?.cacheStatus,
    })
    expect(gateway.attempts).toEqual(outcome?.attempts)
    // Whatever comes now belongs to nobody.
    gateway.clock.advance(700_000)
    expect(redaction.settled).toHaveLength(1)
    expect(call.body.released).toBe(1)
    expect(gateway.leftovers).toEqual({ inFlight: 0, armed: 0, live: 0 })
    expect(call.reply.gone).toBe(true)
    expect(call.reply.status).toBe(told.httpStatus === 0 ? 0 : told.httpStatus)
  })

  test('a hold that throws keeps neither the record nor another hold from its end', async () => {
    const throwing = deciding((_request, asked) => {
      const settle = () => {
        throw new Error('the counter is away')
      }
      return { type: 'proceed', asked, hold: { settle } }
    })
    const redaction = new Redaction()
    const { gateway, upstream } = await opened({ policies: [throwing, redaction] })
    const { reply } = gateway.call({ body: question })
    upstream.last.answer(200, openAiChat.whole('hi'))
    expect([reply.status, gateway.record.status, redaction.settled.length]).toEqual([200, 'ok', 1])
    expect(gateway.outcome.notices).toMatchObject([{ type: 'handler-threw', where: 'hold' }])
  })
})

describe('an answer of a policy', () => {
  const hits: readonly Omit<Caller, 'upstream'>[] = [
    ...streams.map(({ name, asked, said, end }) => ({ name: `${name}, streamed`, asked, said, end: end ?? '' })),
    { name: 'chat completions, whole', asked: { body: question }, said: (text) => `"content":"${text}"` },
    {
      name: 'messages, whole',
      asked: { path: '/v1/messages', body: claude },
      said: (text) => `{"type":"text","text":"${text}"`,
    },
  ]

  test.each(hits)('$name: in the dialect and mode of the caller, through the filters of now', async (caller) => {
    const { gateway, upstream } = await opened({ later: [answering] })
    const { reply } = gateway.call(caller.asked)
    expect(upstream.calls).toEqual([])
    expect(reply.status).toBe(200)
    expect(reply.text).toContain(caller.said('FROM MEMORY'))
    expect(reply.text).toContain(caller.end ?? '}')
    expect(reply.header('x-headgate-cache-status')).toBe('HIT')
    expect(reply.header('x-headgate-attempts')).toBe('0')
  })

  test('a filter that throws over it costs a 500, and the hold is told', async () => {
    const faulty = deciding((_request, asked) => {
      const filter: AnswerFilter = () => () => {
        throw new Error('it was never tried')
      }
      return { type: 'proceed', asked, filter }
    })
    const { gateway, redaction } = await opened({ later: [faulty, answering] })
    const { reply, body } = gateway.call({ body: question })
    expect([reply.status, body.released, redaction.settled.length]).toEqual([500, 1, 1])
    expect(gateway.record).toMatchObject({ status: 'refused', httpStatus: 500, errorCode: 'internal_error' })
  })

  test('no policy behind it is asked', async () => {
    let asked = 0
    const behind = deciding((_request, request) => {
      asked++
      return { type: 'proceed', asked: request }
    })
    const { gateway } = await opened({ policies: [answering, behind] })
    gateway.call({ body: question })
    expect(asked).toBe(0)
  })
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
