// The story of one request: framing (judged in `http/`), path, key, model, body, route, upstream, record. Each stage takes
// values and returns values; whoever refuses says so in one table (`refusals.ts`).
import type { Chance, Clock } from '../../shared/clock.ts'
import { nearestNames } from '../../shared/config/nearest.ts'
import { BodyScan } from '../../shared/json/scan.ts'
import { editModel, spliceBody } from '../../shared/json/splice.ts'
import { parseDurationMs } from '../../shared/units.ts'
import { type Caller, identify, mayUse } from './auth/callers.ts'
import type { Body, HttpHandler, HttpRefusal, OnBody, RefusalAnswer, Reply, RequestHead } from './http/http.ts'
import { modelList, modelListing } from './model-list.ts'
import {
  isLaterPath,
  modelListPaths,
  modelOfPath,
  type OpenAiRoute,
  openAiRoutes,
} from './providers/dialects/openai-routes.ts'
import { type Refusal, type Refused, refusalAnswer } from './refusals.ts'
import { readModel, readStream } from './request-body.ts'
import { Itinerary } from './routing/itinerary.ts'
import type { Snapshot } from './snapshot.ts'
import { Transit, type TransitTools } from './transit.ts'

export interface PipelineOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly tools: TransitTools
  /** The configuration to answer by, or why there is none. */
  snapshot(): Snapshot | Extract<Refusal, { type: 'no-config' | 'config-damaged' }>
  /** Open now, this one included; and how many the process can carry. */
  openRequests(): number
  readonly openRequestsMax: number
  /** Whether this node may be sent traffic. */
  isReady(): boolean
  /** Starts differ between processes, so that ids do too. */
  readonly idPrefix: string
  /** Counts refusals of callers that nobody knows: they leave no record, so that a flood cannot push out real ones. */
  countRefusal(code: string): void
}

export class Pipeline implements HttpHandler {
  readonly #options: PipelineOptions
  #sequence = 0

  constructor(options: PipelineOptions) {
    this.#options = options
  }

  onHead(head: RequestHead, reply: Reply): OnBody | undefined {
    const requestId = head.requestId ?? this.#nextId()
    const route = openAiRoutes.get(head.path)
    if (route === undefined) {
      this.#answerOther(head, reply, requestId)
      return undefined
    }
    if (head.method !== 'POST') return this.#refuse(reply, { type: 'method-not-allowed', allow: 'POST' }, requestId)
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(reply, snapshot, requestId)
    const caller = identify(snapshot.callers, head, this.#options.clock.wallMs())
    if (!caller.ok) return this.#refuse(reply, caller.error, requestId)
    if (this.#options.openRequests() > this.#options.openRequestsMax) {
      return this.#refuse(reply, { type: 'overloaded', retryAfterMs: 1_000 }, requestId)
    }
    return (body) => this.#answer({ head, reply, requestId, route, snapshot, caller: caller.value, body })
  }

  refusal(head: RequestHead | undefined, refusal: HttpRefusal): RefusalAnswer {
    this.#options.countRefusal(refusal.type)
    return refusalAnswer(refusal, head?.requestId ?? this.#nextId(), this.#options.chance)
  }

  /** From the body on. */
  #answer(request: Known): void {
    const { clock } = this.#options
    const startedMs = clock.monotonicMs()
    const { snapshot, caller, body, route, head } = request
    const scan = new BodyScan()
    const asked = readModel(body.bytes, scan)
    if (!asked.ok) return this.#refuseKnown(request, '', asked.error)
    const { model, fallbacks } = asked.value
    const found = this.#resolve([model, ...(fallbacks ?? [])], snapshot, caller)
    if (found !== undefined) return this.#refuseKnown(request, model, found)
    const stream = readStream(route, scan)
    if (!stream.ok) return this.#refuseKnown(request, model, stream.error)
    const { edits } = stream.value
    const itinerary = new Itinerary({
      requestId: request.requestId,
      revision: snapshot.revision,
      stream: stream.value.stream,
      clock,
      route: snapshot.routeOf(model)!,
      routeOf: snapshot.routeOf,
      chance: this.#options.chance,
      fallbacks,
      extraAttempts: smallInteger(head.header('x-headgate-retries')),
    })
    const transit = new Transit(
      this.#options.tools,
      {
        requestId: request.requestId,
        arrivedAtMs: clock.wallMs(),
        startedMs,
        route,
        caller,
        model,
        revision: snapshot.revision,
        revisionText: snapshot.revisionText,
        stream: stream.value.stream,
        showUsage: stream.value.showUsage,
        user: caller.user === '' ? (head.header('x-headgate-user') ?? '') : caller.user,
        itinerary,
        forwardedLines: forwardedLines(head),
        bodyFor: (target) => spliceBody(scan, [...edits, editModel(scan, target)]).pieces,
        body,
        totalMs: durationHeader(head, 'x-headgate-timeout'),
        firstTokenMs: durationHeader(head, 'x-headgate-ttft-timeout'),
      },
      request.reply,
    )
    transit.start()
  }

  /** The first model that is unknown or not for this caller; undefined when all are fine. */
  #resolve(models: readonly string[], snapshot: Snapshot, caller: Caller): Refusal | undefined {
    for (const model of models) {
      if (snapshot.routeOf(model) === undefined) {
        const listed = snapshot.modelNames.filter((name) => mayUse(caller, name))
        return { type: 'unknown-model', model, nearest: nearestNames(model, listed, 3) }
      }
      if (!mayUse(caller, model)) return { type: 'model-not-allowed', model }
    }
    return undefined
  }

  /** Everything that is not relayed: health, the list of models, and paths that lead nowhere. */
  #answerOther(head: RequestHead, reply: Reply, requestId: string): void {
    const { path } = head
    const health = this.#health(path)
    const single = health === undefined ? modelOfPath(path) : undefined
    if (health === undefined && single === undefined && !modelListPaths.has(path)) {
      return this.#refuse(
        reply,
        isLaterPath(path)
          ? { type: 'not-served', what: 'This endpoint' }
          : { type: 'unknown-path', nearest: nearestNames(path, knownPaths, 1)[0] },
        requestId,
      )
    }
    if (head.method !== 'GET' && head.method !== 'HEAD')
      return this.#refuse(reply, { type: 'method-not-allowed', allow: 'GET, HEAD' }, requestId)
    if (health !== undefined) {
      reply.send(health ? 200 : 503, jsonHeaders(requestId), health ? '{"status":"ok"}' : '{"status":"unavailable"}')
      return
    }
    this.#answerModels(head, reply, requestId, single)
  }

  #answerModels(head: RequestHead, reply: Reply, requestId: string, single: string | undefined): void {
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(reply, snapshot, requestId)
    const caller = identify(snapshot.callers, head, this.#options.clock.wallMs())
    if (!caller.ok) return this.#refuse(reply, caller.error, requestId)
    if (single === undefined) {
      reply.send(200, jsonHeaders(requestId), JSON.stringify(modelList(snapshot, caller.value)))
      return
    }
    const refused = this.#resolve([single], snapshot, caller.value)
    if (refused !== undefined) return this.#refuse(reply, refused, requestId)
    reply.send(200, jsonHeaders(requestId), JSON.stringify(modelListing(snapshot, single)))
  }

  /** Undefined: not a health path. */
  #health(path: string): boolean | undefined {
    if (path === '/livez' || path === '/health/liveliness') return true
    if (path === '/readyz' || path === '/health/readiness') return this.#options.isReady()
    return undefined
  }

  #refuse(reply: Reply, refusal: Refusal, requestId: string): undefined {
    this.#send(reply, refusal, requestId)
  }

  #send(reply: Reply, refusal: Refusal, requestId: string): Refused {
    const answer = refusalAnswer(refusal, requestId, this.#options.chance)
    this.#options.countRefusal(answer.code)
    reply.send(answer.status, answer.headers, answer.body)
    return answer
  }

  /** A refusal whose caller is known leaves a record; it waits for nothing. */
  #refuseKnown(request: Known, model: string, refusal: Refusal): void {
    request.body.release()
    const { status, code } = this.#send(request.reply, refusal, request.requestId)
    const { caller, route, snapshot, requestId } = request
    this.#options.tools.recorder.finish(
      {
        requestId,
        atMs: this.#options.clock.wallMs(),
        route: route.name,
        status: 'refused',
        httpStatus: status,
        errorCode: code,
        keyId: caller.keyId,
        team: caller.team,
        user: caller.user,
        app: caller.app,
        costCenter: caller.costCenter,
        // A name that is not configured is the caller's own text and stays out of the record.
        model: snapshot.routeOf(model) === undefined ? '' : model,
        stream: false,
        attempts: 0,
        fallbackIndex: 0,
        cacheStatus: 'BYPASS',
        estimated: false,
        tokens: { input: 0, output: 0, cached: 0 },
        costNanoUsd: 0,
        savedNanoUsd: 0,
        totalUs: 0,
        overheadUs: 0,
        ttftUs: 0,
        configRevision: snapshot.revision,
      },
      [],
      nothing,
    )
  }

  #nextId(): string {
    this.#sequence++
    return this.#options.idPrefix + this.#sequence.toString(36)
  }
}

interface Known {
  readonly head: RequestHead
  readonly reply: Reply
  readonly requestId: string
  readonly route: OpenAiRoute
  readonly snapshot: Snapshot
  readonly caller: Caller
  readonly body: Body
}

const nothing = () => {}
const knownPaths = [
  ...openAiRoutes.keys(),
  ...modelListPaths,
  '/livez',
  '/readyz',
  '/health/liveliness',
  '/health/readiness',
]

function jsonHeaders(requestId: string): string[] {
  return ['content-type', 'application/json', 'x-request-id', requestId]
}

/** Caller's headers that mean something to an upstream. None of them carries a credential. */
const forwardedNames = ['idempotency-key', 'openai-beta', 'traceparent', 'tracestate'] as const

function forwardedLines(head: RequestHead): string {
  let lines = ''
  for (const name of forwardedNames) {
    const value = head.header(name)
    if (value !== undefined && /^[\t\x20-\x7e]*$/.test(value)) lines += `${name}: ${value}\r\n`
  }
  return lines
}

function durationHeader(head: RequestHead, name: string): number | undefined {
  const text = head.header(name)
  return text === undefined ? undefined : parseDurationMs(text)
}

/** Extra attempts that a caller may ask for: 0 to 10. */
function smallInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^(\d|10)$/.test(text) ? Number(text) : undefined
}
