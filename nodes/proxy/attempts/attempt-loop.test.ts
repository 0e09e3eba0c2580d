// The loop by itself, over attempts that a test ends: what the HTTP exchanges of a dispatch and the handshakes of a realtime
// session share.
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { uncharged } from '../accounting/intents/attempt-charge.ts'
import { failureOfAnswer } from '../errors/answered-failure.ts'
import type { GatewayError, Ineligible } from '../errors/gateway-error.ts'
import { brokenAnswer, noCredential, type UpstreamFailure } from '../errors/upstream-failure.ts'
import type { Credential } from '../providers/credential.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-connect.ts'
import { testHead, testRequest } from '../request/test-request.ts'
import { AttemptPlan, type PlannedAttempt } from '../routing/attempt-plan.ts'
import { directRoute } from '../routing/model-route.ts'
import { TimerWheel } from '../routing/timer-wheel.ts'
import { AttemptLoop } from './attempt-loop.ts'
import type { AttemptTools, RunningAttempt } from './running-attempt.ts'

interface Begun extends RunningAttempt {
  status: number
}

/** Begins attempts, and leaves it to the test how they end. */
class PlayedLoop extends AttemptLoop<string, Begun> {
  protected override readonly model = 'm'
  readonly begun: Begun[] = []
  readonly prepared: string[] = []
  givenUp: { error: GatewayError; last: Begun | undefined } | undefined
  /** Models at targets that cannot take the request. */
  unfit: readonly string[] = []

  protected override prepare({ model }: Target): Result<string, Ineligible> {
    return this.unfit.includes(model) ? fail({ type: 'unspoken', route: model }) : done(model)
  }

  protected override open(planned: PlannedAttempt<Target>, prepared: string, index: number): void {
    const credential = planned.target.credentials[0] as Credential
    const startedMs = this.tools.clock.monotonicMs()
    this.prepared.push(prepared)
    this.begun.push({
      planned,
      credential,
      index,
      startedMs,
      status: 0,
      firstByteMs: 0,
      timing: undefined,
      charge: uncharged,
    })
  }

  protected override giveUp(error: GatewayError, last: Begun | undefined): void {
    this.givenUp = { error, last }
  }

  protected override modelsThatCould(): readonly string[] {
    return ['other']
  }

  protected override onBug(error: unknown): void {
    throw error
  }

  /** The attempt that runs fails. */
  fail(failure: UpstreamFailure, status = 0): void {
    const last = this.begun.at(-1)!
    last.status = status
    this.onFailed(last, failure)
  }
}

function looped({
  models = ['a', 'b'],
  attempts = 1,
  headers = {},
}: {
  models?: string[]
  attempts?: number
  headers?: Readonly<Record<string, string>>
} = {}) {
  const clock = new ManualClock(0)
  const timers = new TimerWheel(clock)
  timers.start()
  const notices: Notice[] = []
  const tools: AttemptTools = { clock, chance: () => 0, notify: (notice) => void notices.push(notice), timers }
  const targets = models.map((model) => testTarget({ kind: 'openai' }, { model }))
  const weighted = targets.map((target) => ({ target, weight: 1, latency: undefined }))
  const route = {
    ...directRoute('m', targets[0]!),
    targets: weighted,
    order: 'priority' as const,
    extraAttempts: attempts,
  }
  const { request, reply } = testRequest({ head: testHead({ headers }) })
  const plan = new AttemptPlan({
    revision: 1,
    stream: false,
    clock,
    chance: () => 0,
    route,
    routeOf: () => undefined,
  })
  return { loop: new PlayedLoop(tools, request, { plan, stream: false }), clock, targets, notices, reply }
}

const limited = (retryAfterMs?: number) =>
  failureOfAnswer({ status: 429, contentType: '', retryAfterMs, body: Buffer.alloc(0) })
const rejected = failureOfAnswer({ status: 400, contentType: '', retryAfterMs: undefined, body: Buffer.alloc(0) })
const refused = failureOfAnswer({ status: 401, contentType: '', retryAfterMs: undefined, body: Buffer.alloc(0) })

describe('the order', () => {
  test('the first target is tried, and the next one when it failed', () => {
    const { loop, targets } = looped()
    loop.start()
    expect([loop.prepared, loop.attemptCount, targets[0]?.health.inFlight]).toEqual([['a'], 1, 1])
    loop.fail(brokenAnswer)
    expect([loop.prepared, loop.attemptCount, loop.target?.model]).toEqual([['a', 'b'], 2, 'b'])
    expect(targets.map(({ health }) => health)).toEqual([
      { inFlight: 0, failuresInRow: 1 },
      { inFlight: 1, failuresInRow: 0 },
    ])
  })

  test('targets that cannot take the request cost no attempt', () => {
    const { loop } = looped({ models: ['a', 'b', 'c'], attempts: 1 })
    loop.unfit = ['a']
    loop.start()
    loop.fail(brokenAnswer)
    expect([loop.prepared, loop.attemptCount]).toEqual([['b', 'c'], 2])
  })

  test('where none can, the first reason is told, with models that could', () => {
    const { loop } = looped()
    loop.unfit = ['a', 'b']
    loop.start()
    expect(loop.givenUp).toEqual({
      error: { type: 'unable', model: 'm', ineligible: { type: 'unspoken', route: 'a' }, models: ['other'] },
      last: undefined,
    })
  })

  test('the last failure is told with its attempt, once all are used up', () => {
    const { loop } = looped()
    loop.start()
    loop.fail(limited())
    loop.fail(brokenAnswer)
    expect(loop.givenUp?.error).toEqual({ type: 'upstream-protocol', provider: 'up' })
    expect(loop.givenUp?.last).toBe(loop.begun[1])
    expect(loop.attempts.map(({ index, outcome }) => [index, outcome])).toEqual([
      [0, 'http-error'],
      [1, 'protocol'],
    ])
  })

  test('where each was limited, the shortest wait is told; one that named none counts as a second', () => {
    const named = looped()
    named.loop.start()
    named.loop.fail(limited(9_000))
    named.loop.fail(limited(5_000))
    expect(named.loop.givenUp?.error).toEqual({ type: 'upstream-limited', retryAfterMs: 5_000 })
    const unnamed = looped()
    unnamed.loop.start()
    unnamed.loop.fail(limited(9_000))
    unnamed.loop.fail(limited())
    expect(unnamed.loop.givenUp?.error).toEqual({ type: 'upstream-limited', retryAfterMs: 1_000 })
  })
})

describe('the pause', () => {
  test('an attempt at the same target waits for it', () => {
    const { loop, clock } = looped({ models: ['a'] })
    loop.start()
    loop.fail(limited(500))
    expect([loop.attemptCount, loop.givenUp]).toEqual([1, undefined])
    clock.advance(499)
    expect(loop.attemptCount).toBe(1)
    clock.advance(76)
    expect([loop.attemptCount, loop.begun[1]?.planned.repeats]).toEqual([2, 1])
  })

  test('is not waited for by a caller who has left', () => {
    const { loop, clock, reply } = looped({ models: ['a'] })
    loop.start()
    reply.leave()
    loop.fail(limited(500))
    clock.advance(5_000)
    expect([loop.attemptCount, loop.givenUp?.error.type]).toEqual([1, 'upstream-limited'])
  })

  test('does not count as time of the upstreams', () => {
    const { loop, clock } = looped({ models: ['a'] })
    loop.start()
    clock.advance(40)
    loop.fail(limited(500))
    clock.advance(575)
    const [, second] = loop.begun
    loop.fail(brokenAnswer)
    expect(loop.upstreamMs).toBe(40 + clock.monotonicMs() - second!.startedMs)
  })
})

test('no attempt begins when the time of the request is over', () => {
  const { loop, clock } = looped({ headers: { 'x-headgate-timeout': '1s' } })
  loop.start()
  clock.advance(1_000)
  loop.fail(brokenAnswer)
  expect([loop.attemptCount, loop.givenUp?.error]).toEqual([1, { type: 'upstream-protocol', provider: 'up' }])
})

describe('what a failure says about its target', () => {
  test('a rejected request shows that the target is well', () => {
    const { loop, targets } = looped()
    targets[0]!.health.failuresInRow = 3
    targets[0]!.credentials[0]!.health.refusals = 2
    loop.start()
    loop.fail(rejected, 400)
    expect([targets[0]?.health.failuresInRow, targets[0]?.credentials[0]?.health.refusals]).toEqual([0, 0])
    expect(loop.givenUp?.error.type).toBe('upstream-rejected')
  })

  test('a refused credential steps aside, is renewed, and the operator is told', () => {
    const { loop, targets, notices } = looped()
    let renewals = 0
    const [credential] = targets[0]!.credentials
    Object.assign(credential!, { renew: () => void renewals++ })
    loop.start()
    loop.fail(refused, 401)
    expect([credential?.health, renewals]).toEqual([{ refusals: 1, refusedUntilMs: 10_000 }, 1])
    expect(notices).toEqual([{ type: 'upstream-auth-refused', provider: 'up', credential: '', status: 401 }])
  })

  test('one that could not be shown was told of by whoever issues it', () => {
    const { loop, notices } = looped()
    loop.start()
    loop.fail(noCredential)
    expect([notices, loop.attemptCount]).toEqual([[], 2])
  })
})
