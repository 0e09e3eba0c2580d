// One attempt at one target, with an owner that remembers what it was told.
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { openTranslators } from '../apis/inference/open-translators.ts'
import type { ExhaustedError } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import { ObjectIds } from '../provider-objects/object-ids.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-connect.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { inferenceRequest, readFacts, readModels } from '../request/read-inference.ts'
import { testHead, testRequest, testSnapshot } from '../request/test-request.ts'
import { AttemptPlan, type PlannedAttempt } from '../routing/attempt-plan.ts'
import { directRoute, type ModelRoute } from '../routing/model-route.ts'
import { TimerWheel } from '../routing/timer-wheel.ts'
import type { Translator, Translators, WholeAnswer } from '../translators/translator.ts'
import { ScriptedUpstream } from '../upstream/test-upstream.ts'
import { Attempt } from './attempt.ts'
import type { AttemptOwner } from './attempt-owner.ts'
import { TimeLimits } from './time-limits.ts'

/** What an owner was told, in order. */
export type Told =
  | { readonly type: 'first-byte' }
  | { readonly type: 'bytes'; readonly text: string }
  | { readonly type: 'answered'; readonly answer: WholeAnswer }
  | { readonly type: 'stream-end'; readonly last: string }
  | { readonly type: 'failed'; readonly failure: UpstreamFailure }
  | { readonly type: 'exhausted'; readonly error: ExhaustedError }
  | { readonly type: 'bug'; readonly error: unknown }
  | { readonly type: 'silence' }

export class RememberingOwner implements AttemptOwner<Attempt> {
  readonly told: Told[] = []
  /** Whether the attempt may send its first byte. */
  isWanted = true
  takes: 'sent' | 'full' | 'gone' = 'sent'

  onFirstByte(): boolean {
    this.told.push({ type: 'first-byte' })
    return this.isWanted
  }

  onBytes(_attempt: Attempt, bytes: Buffer | string): 'sent' | 'full' | 'gone' {
    this.told.push({ type: 'bytes', text: bytes.toString() })
    return this.takes
  }

  onAnswered(_attempt: Attempt, answer: WholeAnswer): void {
    this.told.push({ type: 'answered', answer })
  }

  onStreamEnd(_attempt: Attempt, last: Buffer | string): void {
    this.told.push({ type: 'stream-end', last: last.toString() })
  }

  onFailed(_attempt: Attempt, failure: UpstreamFailure): void {
    this.told.push({ type: 'failed', failure })
  }

  onExhausted(_attempt: Attempt, error: ExhaustedError): void {
    this.told.push({ type: 'exhausted', error })
  }

  onBug(error: unknown): void {
    this.told.push({ type: 'bug', error })
  }

  onSilence(): void {
    this.told.push({ type: 'silence' })
  }

  get types(): Told['type'][] {
    return this.told.map(({ type }) => type)
  }

  /** How the attempt failed, when that was the last that was told. */
  get failure(): UpstreamFailure | undefined {
    const last = this.told.at(-1)
    return last?.type === 'failed' ? last.failure : undefined
  }
}

export interface AttemptOptions {
  readonly path?: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly target?: Target
  readonly route?: Partial<ModelRoute<Target>>
  readonly pinned?: string
}

const question = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

export function translatorsOf(request: AuthenticatedRequest): { translators: Translators; stream: boolean } {
  const models = readModels(request)
  if (!models.ok) throw new Error(JSON.stringify(models.error))
  const facts = readFacts(request, models.value)
  if (!facts.ok) throw new Error(JSON.stringify(facts.error))
  const permit = { asked: inferenceRequest(facts.value), holds: [], filters: [] }
  const ids = new ObjectIds(Buffer.alloc(32, 7))
  return {
    translators: openTranslators(request, permit, { ids, clock: new ManualClock(1_000), jobs: new InlineJobs() }),
    stream: facts.value.stream,
  }
}

/** The only attempt at the target of a route. */
export function plannedAt(target: Target, route: Partial<ModelRoute<Target>> = {}): PlannedAttempt<Target> {
  const plan = new AttemptPlan({
    revision: 7,
    stream: false,
    clock: new ManualClock(0),
    chance: () => 0,
    route: { ...directRoute('m', target), ...route },
    routeOf: () => undefined,
  })
  return plan.next()!
}

/** An attempt that is not started yet. */
export function openAttempt(options: AttemptOptions = {}) {
  const { path = '/v1/chat/completions', body: text = question, headers = {}, target = testTarget() } = options
  const planned = plannedAt(target, options.route)
  const [clock, upstream, owner, notices] = [
    new ManualClock(0),
    new ScriptedUpstream(),
    new RememberingOwner(),
    [] as Notice[],
  ]
  const timers = new TimerWheel(clock)
  timers.start()
  const given = testRequest({
    head: testHead({ path, headers }),
    body: text,
    snapshot: testSnapshot({ m: planned.route }),
  })
  const { request } = given
  const { translators, stream } = translatorsOf(request)
  const found = translators.to(target, false)
  if (!found.ok) throw new Error(JSON.stringify(found.error))
  const translator: Translator = found.value
  const tools = {
    clock,
    chance: () => 0,
    notify: (notice: Notice) => void notices.push(notice),
    timers,
    upstreamOf: () => upstream,
  }
  const attempt = new Attempt({
    tools,
    request,
    limits: new TimeLimits(request, stream),
    planned,
    translator,
    index: 0,
    model: 'm',
    stream,
    showUsage: false,
    pinned: options.pinned,
    owner,
  })
  return { ...given, attempt, owner, upstream, clock, target, translator, notices }
}

/** An attempt whose request is on its way. */
export function startAttempt(options: AttemptOptions = {}) {
  const opened = openAttempt(options)
  opened.attempt.start()
  return { ...opened, call: opened.upstream.last }
}
