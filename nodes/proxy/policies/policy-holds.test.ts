// What a policy is told of a request that it holds something for, in every way that a request can end.
import { describe, expect, test } from 'vitest'
import type { Message } from '../../../shared/chat/request.ts'
import type { Outcome } from '../accounting/outcome.ts'
import type { AskedCall, TestCall, TestGateway } from '../apis/test-gateway.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import { openAiChat } from '../streams/test-streams.ts'
import type { ScriptedUpstream } from '../upstream/test-upstream.ts'
import type { Policy, PolicyDecision } from './policy.ts'
import { answering, cached, deciding, opened, question, Redaction, rejecting, streamed } from './test-policies.ts'

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
