// Chat, completions, messages, generateContent, responses, embeddings, media: what a request asks for, whether it may, what the
// policies make of it, and then its attempts.
import { bounds } from '../../../../shared/bounds.ts'
import type { Chance, Clock } from '../../../../shared/clock.ts'
import { done, type Result } from '../../../../shared/result.ts'
import type { EarlyEnd, Settlement } from '../../accounting/settle.ts'
import type { HttpAttemptTools } from '../../attempts/attempt-owner.ts'
import { Delivery, type DeliveryTools } from '../../attempts/delivery.ts'
import { Dispatch } from '../../attempts/dispatch.ts'
import { replayAnswer } from '../../attempts/replay-answer.ts'
import type { Continuations } from '../../conversations/continuation.ts'
import { readStorageOptions } from '../../conversations/storage-options.ts'
import { type GatewayError, ineligibleError } from '../../errors/gateway-error.ts'
import { inSlices } from '../../large/in-slices.ts'
import type { Jobs } from '../../large/job.ts'
import { RoughBounds } from '../../limits/budgets/rough-bound.ts'
import type { Policy } from '../../policies/policy.ts'
import { type Decided, type Permit, PolicyFault, runPolicies } from '../../policies/run-policies.ts'
import type { ObjectIds } from '../../provider-objects/object-ids.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { smallInteger } from '../../request/headers.ts'
import type { InferenceFacts } from '../../request/inference-request.ts'
import { resolveModel, resolveModels } from '../../request/model-access.ts'
import {
  type AskedModels,
  inferenceRequest,
  readFacts,
  readModels,
  readModelsInSlices,
} from '../../request/read-inference.ts'
import { AttemptPlan } from '../../routing/attempt-plan.ts'
import type { ModelRoute } from '../../routing/model-route.ts'
import { JsonTranslators } from '../../translators/choose-translator.ts'
import type { Made, Translators } from '../../translators/translator.ts'
import type { Api } from '../api.ts'
import { proceed } from '../proceed.ts'
import { answerTokenCount, estimateOf } from './answer-token-count.ts'
import { openTranslators } from './open-translators.ts'

export interface InferenceApiOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly settlement: Settlement
  readonly attempts: HttpAttemptTools
  readonly delivery: DeliveryTools
  /** The policies, in the order in which they are asked. */
  readonly policies: readonly Policy[]
  readonly continuations: Continuations
  readonly ids: ObjectIds
  readonly jobs: Jobs
}

type Facts = Omit<InferenceFacts, 'state'>

export class InferenceApi implements Api {
  readonly #options: InferenceApiOptions
  readonly #bounds = new RoughBounds()

  constructor(options: InferenceApiOptions) {
    this.#options = options
  }

  answer(request: AuthenticatedRequest): void {
    if (request.body.bytes.length > bounds.readAtOnceBytesMax) this.#readInSlices(request)
    else this.#onRead(request, readModels(request))
  }

  #readInSlices(request: AuthenticatedRequest): void {
    const { settlement, clock } = this.#options
    const onRead = (asked: Result<AskedModels, GatewayError>) => {
      if (request.reply.gone) settlement.left(request)
      else this.#onRead(request, asked)
    }
    proceed(inSlices(readModelsInSlices(request), clock), onRead, (error) => settlement.bug(request, error))
  }

  #onRead(request: AuthenticatedRequest, asked: Result<AskedModels, GatewayError>): void {
    const { settlement } = this.#options
    if (!asked.ok) return settlement.reject(request, asked.error)
    const models = resolved(asked.value, request)
    if (!models.ok) return settlement.reject(request, models.error, { model: asked.value.model })
    const facts = readFacts(request, models.value)
    if (!facts.ok) return settlement.reject(request, facts.error, { model: models.value.model })
    if (request.operation.stateful === true) this.#continue(request, models.value, facts.value)
    else this.#decide(request, inferenceRequest(facts.value))
  }

  /** Fetches what the request continues before its policies are asked. */
  #continue(request: AuthenticatedRequest, models: AskedModels, facts: Facts): void {
    const { settlement, continuations } = this.#options
    const end: EarlyEnd = { model: facts.model }
    if (models.type === 'form') return this.#decide(request, inferenceRequest(facts))
    const storage = readStorageOptions(models.scan)
    if (!storage.ok) return settlement.reject(request, storage.error, end)
    if (storage.value === undefined) return this.#decide(request, inferenceRequest(facts))
    proceed(
      continuations.begin(storage.value, models.scan, { caller: request.caller, body: request.body }),
      (state) => {
        if (request.reply.gone) settlement.left(request, end)
        else if (!state.ok) settlement.reject(request, state.error, end)
        else this.#decide(request, inferenceRequest(facts, state.value))
      },
      (error) => settlement.bug(request, error, end),
    )
  }

  #decide(request: AuthenticatedRequest, asked: Permit['asked']): void {
    const { settlement, policies } = this.#options
    const { model } = asked.facts
    const onBug = (error: unknown) => {
      const holds = error instanceof PolicyFault ? error.permit.holds : []
      settlement.bug(request, error, { model, holds })
    }
    let decided: Decided | Promise<Decided>
    try {
      decided = runPolicies(policies, request, asked)
    } catch (error) {
      onBug(error)
      return
    }
    proceed(decided, (value) => this.#onDecided(request, value), onBug)
  }

  #onDecided(request: AuthenticatedRequest, decided: Decided): void {
    const { settlement, delivery } = this.#options
    const permit = 'ended' in decided ? decided.permit : decided
    const { holds, asked } = permit
    const end: EarlyEnd = { model: asked.facts.model, holds }
    if (request.reply.gone) settlement.left(request, end)
    else if (!('ended' in decided)) this.#dispatch(request, permit)
    else if (decided.ended.type === 'reject') settlement.reject(request, decided.ended.error, end)
    else {
      const { answer, status: cacheStatus } = decided.ended
      try {
        replayAnswer(delivery, request, { answer, cacheStatus, permit })
      } catch (error) {
        // A filter of a policy threw.
        settlement.bug(request, error, end)
      }
    }
  }

  #dispatch(request: AuthenticatedRequest, permit: Permit): void {
    const { ids, jobs, clock, settlement } = this.#options
    const { model } = permit.asked.facts
    const end = { model, holds: permit.holds }
    const route = request.snapshot.routeOf(model)
    if (route === undefined) return settlement.reject(request, { type: 'no-target', model }, end)
    const translators = openTranslators(request, permit, { ids, jobs, clock })
    if (!this.#countsTokens(request, { route, translators, end })) this.#send(request, permit, { route, translators })
  }

  /** Answers a request for a number of tokens by our estimate. False: it asks for something else, or a target can count. */
  #countsTokens(
    request: AuthenticatedRequest,
    { route, translators, end }: { route: ModelRoute<Target>; translators: Translators; end: Required<EarlyEnd> },
  ): boolean {
    if (request.operation.counts === undefined || !(translators instanceof JsonTranslators)) return false
    const { settlement } = this.#options
    if (translators.canCount(route.targets.map(({ target }) => target))) return false
    const onCounted = (count: Made<number>) => {
      if (request.reply.gone) settlement.left(request, end)
      else if (count.ok) answerTokenCount(settlement, request, { ...end, count: count.value })
      else if (count.error.type === 'unmade') settlement.reject(request, count.error.error, end)
      else settlement.reject(request, ineligibleError(count.error, { model: end.model, models: [] }), end)
    }
    const counted = translators.lateEstimate()?.start() ?? translators.estimate()
    proceed(counted, onCounted, (error) => settlement.bug(request, error, end))
    return true
  }

  #send(
    request: AuthenticatedRequest,
    { asked, holds }: Permit,
    { route, translators }: { route: ModelRoute<Target>; translators: Translators },
  ): void {
    const { attempts, delivery, clock, chance } = this.#options
    const { snapshot, head } = request
    const { model, fallbacks, stream, showUsage, state } = asked.facts
    const plan = new AttemptPlan({
      revision: snapshot.revision,
      stream,
      clock,
      chance,
      route,
      routeOf: snapshot.routeOf,
      fallbacks,
      extraAttempts: smallInteger(head.header('x-headgate-retries')),
    })
    const estimate = estimateOf(request, translators)
    const reservedNanoUsd = holds.find(({ boundNanoUsd }) => boundNanoUsd !== undefined)?.boundNanoUsd
    const dispatched = {
      model,
      stream,
      showUsage,
      translators,
      body: asked.facts.body,
      plan,
      holds,
      pinned: state?.pin?.credential,
      estimate,
      costBound: (target: Target) => reservedNanoUsd ?? this.#bounds.of(request, asked, target),
      reservedNanoUsd,
      inference: request.operation.counts === undefined ? asked : undefined,
    }
    const delivered = new Delivery(delivery, request, { model, stream, holds, keeper: state?.keeper })
    new Dispatch(attempts, request, dispatched, delivered).start()
  }
}

/** Replaces the model names that the caller wrote by the names of routes. */
function resolved(asked: AskedModels, request: AuthenticatedRequest): Result<AskedModels, GatewayError> {
  const { model, fallbacks } = asked
  const first = resolveModel(model, request)
  if (!first.ok) return first
  if (fallbacks === undefined && first.value === model) return done(asked)
  const rest = fallbacks === undefined ? undefined : resolveModels(fallbacks, request)
  if (rest?.ok === false) return rest
  return done({ ...asked, model: first.value, fallbacks: rest?.value })
}
