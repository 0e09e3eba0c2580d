// The story of one request: framing (judged in `http/`), path, key, model, body, route, upstream, record. Each stage takes
// values and returns values; whoever refuses says so in one table (`refusals.ts`).
import type { Chance, Clock } from '../../shared/clock.ts'
import { nearestNames } from '../../shared/config/nearest.ts'
import { BodyScan } from '../../shared/json/scan.ts'
import { rejectedRecord } from './accounting/rejected-record.ts'
import { FilesApi } from './apis/files/files-api.ts'
import { anthropicModelList, anthropicModelListing } from './apis/models/anthropic-model-list.ts'
import { geminiModelList, geminiModelListing } from './apis/models/gemini-model-list.ts'
import { modelList, modelListing } from './apis/models/openai-model-list.ts'
import type { RealtimeTools } from './apis/realtime/handshake.ts'
import { Realtime } from './apis/realtime/realtime-api.ts'
import { realtimePaths } from './apis/realtime/session-plan.ts'
import type { StoredResponses } from './apis/responses/responses-api.ts'
import { matchStoredResponse } from './apis/responses/stored-response-endpoint.ts'
import { Transit, type TransitTools } from './attempts/dispatch.ts'
import { type Caller, identify } from './auth/callers.ts'
import type { Continuation } from './conversations/continuation.ts'
import { readStorageOptions, type StorageOptions } from './conversations/storage-options.ts'
import type { ErrorShape } from './dialects/error-shapes.ts'
import { type CodedErrorAnswer, errorAnswer } from './errors/error-answer.ts'
import { type GatewayError, ineligibleError } from './errors/error-table.ts'
import type { ErrorReply, HttpError, HttpHandler, OnBody, Reply, RequestHead, Upgrade } from './http/http.ts'
import {
  errorsAt,
  isLaterPath,
  matchModelPath,
  modelListPaths,
  modelOfPath,
  operations,
} from './operations/operations.ts'
import { type FileReference, fileReferences } from './provider-objects/file-references.ts'
import { type ObjectIds, objectOwner } from './provider-objects/object-ids.ts'
import { matchObjectPath, type ObjectPath, objectMediaTypes } from './provider-objects/object-operations.ts'
import type { AuthenticatedRequest } from './request/authenticated-request.ts'
import { readForm } from './request/form-body.ts'
import { callersLines, credentialsIn, durationHeader, smallInteger } from './request/headers.ts'
import { type AskedModel, type AskedStream, readModel, readStream } from './request/json-body.ts'
import { modelAccessError, modelsThatCould } from './request/model-access.ts'
import { AttemptPlan } from './routing/attempt-plan.ts'
import type { Snapshot } from './snapshot/snapshot.ts'
import { FormTranslators } from './translators/choose-form-translator.ts'
import { JsonTranslators, type Translators } from './translators/choose-translator.ts'

export interface PipelineOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly tools: TransitTools
  /** The configuration to answer by, or why there is none. */
  snapshot(): Snapshot | Extract<GatewayError, { type: 'no-config' | 'config-damaged' }>
  /** Open now, this one included; and how many the process can carry. */
  openRequests(): number
  readonly openRequestsMax: number
  /** Whether this node may be sent traffic. */
  isReady(): boolean
  /** Starts differ between processes, so that ids do too. */
  readonly idPrefix: string
  /** Counts refusals of callers that nobody knows: they leave no record, so that a flood cannot push out real ones. */
  countRefusal(code: string): void
  openSocket: RealtimeTools['openSocket']
  readonly ids: ObjectIds
  readonly stored: StoredResponses
}

export class Pipeline implements HttpHandler {
  readonly socketPaths = realtimePaths
  readonly realtime: Realtime
  readonly #stored: FilesApi
  readonly #options: PipelineOptions
  #sequence = 0

  constructor(options: PipelineOptions) {
    this.#options = options
    this.#stored = new FilesApi({
      ...{ tools: options.tools, chance: options.chance, ids: options.ids },
      refuse: (request, refusal) => this.#rejectKnown(request, '', refusal),
    })
    this.realtime = new Realtime({
      tools: { ...options.tools, openSocket: options.openSocket },
      snapshot: () => options.snapshot(),
      isFull: () => options.openRequests() > options.openRequestsMax,
      nextId: () => this.#nextId(),
      countRefusal: (code) => options.countRefusal(code),
    })
  }

  onHead(head: RequestHead, reply: Reply): OnBody | undefined {
    const requestId = head.requestId ?? this.#nextId()
    const known = operations.get(head.path)
    const named = known === undefined && head.method === 'POST' ? matchModelPath(head.path, head.query) : undefined
    const route = known ?? named?.operation
    if (route === undefined) {
      const stored = matchObjectPath(head.path)
      if (stored !== undefined) return this.#onStored(head, reply, requestId, stored)
      this.#answerOther(head, reply, requestId)
      return undefined
    }
    const to: Answering = { reply, requestId, shape: route.errors }
    if (head.method !== 'POST') return this.#refuse(to, { type: 'method-not-allowed', allow: 'POST' })
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(to, snapshot)
    const caller = identify(snapshot.callers, credentialsIn(head), this.#options.clock.wallMs())
    if (!caller.ok) return this.#refuse(to, caller.error)
    if (route.form?.only === true && !isForm(head)) return this.#refuse(to, formExpected)
    if (this.#options.openRequests() > this.#options.openRequestsMax) {
      return this.#refuse(to, { type: 'overloaded', retryAfterMs: 1_000 })
    }
    const inPath = named?.model
    return (body) => this.#answer({ head, reply, requestId, route, inPath, snapshot, caller: caller.value, body })
  }

  #onStored(head: RequestHead, reply: Reply, requestId: string, path: ObjectPath): OnBody | undefined {
    const to: Answering = { reply, requestId, shape: 'openai' }
    const action = path.actions[head.method]
    if (action === undefined) {
      return this.#refuse(to, { type: 'method-not-allowed', allow: Object.keys(path.actions).join(', ') })
    }
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(to, snapshot)
    const caller = identify(snapshot.callers, credentialsIn(head), this.#options.clock.wallMs())
    if (!caller.ok) return this.#refuse(to, caller.error)
    if (this.#options.openRequests() > this.#options.openRequestsMax) {
      return this.#refuse(to, { type: 'overloaded', retryAfterMs: 1_000 })
    }
    if (action === 'upload' && !isForm(head)) return this.#refuse(to, formExpected)
    const request = { head, reply, requestId, snapshot, caller: caller.value, inPath: undefined }
    const route = this.#stored.routeFor(path)
    return (body) => this.#stored.answer({ ...request, route, body }, path, action)
  }

  onUpgrade(head: RequestHead, upgrade: Upgrade): void {
    this.realtime.onUpgrade(head, upgrade)
  }

  answerOf(head: RequestHead | undefined, refusal: HttpError): ErrorReply {
    this.#options.countRefusal(refusal.type)
    const requestId = head?.requestId ?? this.#nextId()
    const shape = head === undefined ? 'openai' : errorsAt(head.path)
    return errorAnswer(refusal, { requestId, shape, chance: this.#options.chance })
  }

  mediaTypesAt(path: string): readonly string[] | undefined {
    const { form } = operations.get(path) ?? matchModelPath(path, '')?.operation ?? {}
    if (form === undefined) {
      const stored = matchObjectPath(path)
      return stored === undefined ? undefined : objectMediaTypes(stored)
    }
    return form.only ? ['multipart/form-data'] : ['multipart/form-data', 'application/json']
  }

  /** From the body on. */
  #answer(request: AuthenticatedRequest): void {
    const { clock } = this.#options
    const startedMs = clock.monotonicMs()
    const { snapshot, caller, body, route, head } = request
    if (route.form !== undefined && isForm(head)) return this.#answerForm(request, startedMs)
    const scan = new BodyScan()
    const asked = readModel(body.bytes, scan, request.inPath)
    if (!asked.ok) return this.#rejectKnown(request, '', asked.error)
    const { model, fallbacks } = asked.value
    const found = modelAccessError([model, ...(fallbacks ?? [])], snapshot, caller)
    if (found !== undefined) return this.#rejectKnown(request, model, found)
    const stream = readStream(route, scan)
    if (!stream.ok) return this.#rejectKnown(request, model, stream.error)
    if (route.stateful === true) {
      const storage = readStorageOptions(scan)
      if (!storage.ok) return this.#rejectKnown(request, model, storage.error)
      if (storage.value !== undefined) {
        this.#goOn(request, scan, { asked: asked.value, stream: stream.value, startedMs, storage: storage.value })
        return
      }
    }
    this.#forward(request, scan, asked.value, stream.value, startedMs)
  }

  /** What the request goes on from is fetched first: only here does an answer wait for something outside this process. */
  #goOn(request: AuthenticatedRequest, scan: BodyScan, { asked, stream, startedMs, storage }: GoingOn): void {
    const { stored, tools } = this.#options
    const begun = stored.begin(storage, scan, request.caller).then((state) => {
      if (request.reply.gone) this.#left(request, asked.model)
      else if (!state.ok) this.#rejectKnown(request, asked.model, state.error)
      else this.#forward(request, scan, asked, stream, startedMs, state.value)
    })
    begun.catch((error: Error) => {
      tools.notify({ type: 'handler-threw', where: 'stored responses', message: error.stack ?? error.message })
      this.#rejectKnown(request, asked.model, { type: 'internal' })
    })
  }

  #forward(
    request: AuthenticatedRequest,
    scan: BodyScan,
    asked: AskedModel,
    stream: AskedStream,
    startedMs: number,
    state?: Continuation,
  ): void {
    const { route, head } = request
    const { edits, showUsage } = stream
    const translators = new JsonTranslators({
      ...{ route, scan, edits, showUsage, requestId: request.requestId, state },
      nowSeconds: Math.floor(this.#options.clock.wallMs() / 1_000),
      strict: head.header('x-headgate-strict') === 'true',
      // Looked for only where the caller says that it has files: nobody else shall pay for the search.
      files: head.header('x-headgate-provider') === undefined ? undefined : this.#filesIn(request),
      ...callersLines(head, route),
    })
    if (route.counts !== undefined && this.#answerEstimate(request, asked.model, translators)) return
    this.#send(request, startedMs, translators, asked, stream, state)
  }

  #filesIn({ body, caller }: AuthenticatedRequest): readonly FileReference[] {
    return fileReferences(body.bytes, this.#options.ids, objectOwner(caller))
  }

  /** The same, where the body is a form. */
  #answerForm(request: AuthenticatedRequest, startedMs: number): void {
    const { head, route, body, snapshot, caller, inPath } = request
    const contentType = head.contentType ?? ''
    const asked = readForm(body.bytes, { contentType, route, inPath })
    if (!asked.ok) return this.#rejectKnown(request, '', asked.error)
    const { model, fallbacks } = asked.value
    const found = modelAccessError([model, ...(fallbacks ?? [])], snapshot, caller)
    if (found !== undefined) return this.#rejectKnown(request, model, found)
    const { forwardedLines, passThroughLines } = callersLines(head, route)
    const translators = new FormTranslators({
      route,
      form: asked.value,
      contentType,
      headerLines: forwardedLines + passThroughLines,
    })
    this.#send(request, startedMs, translators, asked.value, asked.value)
  }

  #send(
    request: AuthenticatedRequest,
    startedMs: number,
    translators: Translators,
    { model, fallbacks }: AskedModel,
    { stream, showUsage }: Pick<AskedStream, 'stream' | 'showUsage'>,
    state?: Continuation,
  ): void {
    const { clock } = this.#options
    const { snapshot, caller, body, route, head } = request
    const attemptPlan = new AttemptPlan({
      requestId: request.requestId,
      revision: snapshot.revision,
      stream,
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
        stream,
        showUsage,
        user: caller.user === '' ? (head.header('x-headgate-user') ?? '') : caller.user,
        attemptPlan,
        translators,
        modelsThatCould: (ineligible) => modelsThatCould(ineligible, translators, snapshot, caller),
        body,
        state,
        totalMs: durationHeader(head, 'x-headgate-timeout'),
        firstTokenMs: durationHeader(head, 'x-headgate-ttft-timeout'),
      },
      request.reply,
    )
    transit.start()
  }

  /** Where no target can count tokens they are estimated here. False: one can. */
  #answerEstimate(request: AuthenticatedRequest, model: string, translators: JsonTranslators): boolean {
    const { snapshot, reply, requestId, body, route } = request
    const estimate = translators.estimate(snapshot.routeOf(model)!.targets.map(({ target }) => target))
    if (estimate === undefined) return false
    if (!estimate.ok) {
      this.#rejectKnown(request, model, ineligibleError(estimate.error, { model, models: [] }))
      return true
    }
    body.release()
    const headers = [...jsonHeaders(requestId), 'x-headgate-estimated', 'true']
    if (route.errors === 'anthropic') headers.push('request-id', requestId)
    reply.send(200, headers, JSON.stringify(route.counts?.(estimate.value)))
    return true
  }

  /** Everything that is not relayed: health, the list of models, and paths that lead nowhere. */
  #answerOther(head: RequestHead, reply: Reply, requestId: string): void {
    const { path } = head
    const to: Answering = { reply, requestId, shape: errorsAt(path) }
    const health = this.#health(path)
    const about = matchStoredResponse(path)
    if (about !== undefined) return this.#answerAbout(head, to, about)
    if (realtimePaths.includes(path)) return this.#refuse(to, { type: 'upgrade-required' })
    const single = health === undefined ? modelOfPath(path) : undefined
    if (health === undefined && single === undefined && !modelListPaths.has(path)) {
      return this.#refuse(
        to,
        isLaterPath(path)
          ? { type: 'not-served', what: 'This endpoint' }
          : { type: 'unknown-path', nearest: nearestNames(path, knownPaths, 1)[0] },
      )
    }
    if (head.method !== 'GET' && head.method !== 'HEAD')
      return this.#refuse(to, { type: 'method-not-allowed', allow: 'GET, HEAD' })
    if (health !== undefined) {
      reply.send(health ? 200 : 503, jsonHeaders(requestId), health ? '{"status":"ok"}' : '{"status":"unavailable"}')
      return
    }
    this.#answerModels(head, to, single)
  }

  /** Of one stored response. */
  #answerAbout(head: RequestHead, to: Answering, about: NonNullable<ReturnType<typeof matchStoredResponse>>): void {
    const { stored, tools } = this.#options
    const { reply, requestId } = to
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(to, snapshot)
    if (this.#options.openRequests() > this.#options.openRequestsMax) {
      return this.#refuse(to, { type: 'overloaded', retryAfterMs: 1_000 })
    }
    const refuse = (refusal: GatewayError) => this.#refuse(to, refusal)
    stored.answer({ head, about, snapshot, reply, requestId, refuse }).catch((error: Error) => {
      tools.notify({ type: 'handler-threw', where: 'stored responses', message: error.stack ?? error.message })
      refuse({ type: 'internal' })
    })
  }

  #answerModels(head: RequestHead, { reply, requestId, shape }: Answering, single: string | undefined): void {
    const to: Answering = { reply, requestId, shape: shapeOfLists(head, shape) }
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(to, snapshot)
    const caller = identify(snapshot.callers, credentialsIn(head), this.#options.clock.wallMs())
    if (!caller.ok) return this.#refuse(to, caller.error)
    const refused = single === undefined ? undefined : modelAccessError([single], snapshot, caller.value)
    if (refused !== undefined) return this.#refuse(to, refused)
    const headers = jsonHeaders(requestId)
    if (to.shape === 'anthropic') headers.push('request-id', requestId)
    reply.send(200, headers, JSON.stringify(listing(snapshot, caller.value, single, to.shape)))
  }

  /** Undefined: not a health path. */
  #health(path: string): boolean | undefined {
    if (path === '/livez' || path === '/health/liveliness') return true
    if (path === '/readyz' || path === '/health/readiness') return this.#options.isReady()
    return undefined
  }

  #refuse(to: Answering, refusal: GatewayError): undefined {
    this.#tell(to, refusal)
  }

  #tell({ reply, requestId, shape }: Answering, refusal: GatewayError): CodedErrorAnswer {
    const answer = errorAnswer(refusal, { requestId, shape, chance: this.#options.chance })
    this.#options.countRefusal(answer.code)
    reply.send(answer.status, answer.headers, answer.body)
    return answer
  }

  /** A refusal whose caller is known leaves a record; it waits for nothing. */
  #rejectKnown(request: AuthenticatedRequest, model: string, refusal: GatewayError): void {
    request.body.release()
    const { caller, route, snapshot, requestId, reply } = request
    const { status, code } = this.#tell({ reply, requestId, shape: route.errors }, refusal)
    const record = rejectedRecord(
      { caller, route: route.name, model, snapshot, requestId, status, code },
      this.#options.clock,
    )
    this.#options.tools.recorder.finish(record, [], nothing)
  }

  /** The caller left before anything was sent. */
  #left(request: AuthenticatedRequest, model: string): void {
    request.body.release()
    const { caller, route, snapshot, requestId } = request
    const facts = { caller, route: route.name, model, snapshot, requestId, status: 0, code: '' }
    const record = rejectedRecord(facts, this.#options.clock)
    this.#options.tools.recorder.finish({ ...record, status: 'client-aborted' }, [], nothing)
  }

  #nextId(): string {
    this.#sequence++
    return this.#options.idPrefix + this.#sequence.toString(36)
  }
}

/** A request whose answer is stored, or that goes on from one that is. */
interface GoingOn {
  readonly asked: AskedModel
  readonly stream: AskedStream
  readonly startedMs: number
  readonly storage: StorageOptions
}

/** Whom a refusal goes to, and in which shape. */
interface Answering {
  readonly reply: Reply
  readonly requestId: string
  readonly shape: ErrorShape
}

const nothing = () => {}
const knownPaths = [
  ...operations.keys(),
  ...modelListPaths,
  '/livez',
  '/readyz',
  '/health/liveliness',
  '/health/readiness',
]

function jsonHeaders(requestId: string): string[] {
  return ['content-type', 'application/json', 'x-request-id', requestId]
}

/** Whether the body is one: any other that is not JSON was refused by its media type. */
function isForm({ contentType }: RequestHead): boolean {
  return contentType !== undefined && /^\s*multipart\/form-data\s*(;|$)/i.test(contentType)
}

const formExpected: GatewayError = {
  type: 'unsupported-media-type',
  message: 'Send the header content-type: multipart/form-data.',
}

/** The list of models stands at one path in three APIs: whose SDK asks is told by its headers. */
function shapeOfLists(head: RequestHead, shape: ErrorShape): ErrorShape {
  if (head.header('anthropic-version') !== undefined) return 'anthropic'
  return head.header('x-goog-api-key') === undefined ? shape : 'gemini'
}

function listing(snapshot: Snapshot, caller: Caller, single: string | undefined, shape: ErrorShape): object {
  switch (shape) {
    case 'openai':
      return single === undefined ? modelList(snapshot, caller) : modelListing(snapshot, single)
    case 'anthropic':
      return single === undefined ? anthropicModelList(snapshot, caller) : anthropicModelListing(snapshot, single)
    case 'gemini':
      return single === undefined ? geminiModelList(snapshot, caller) : geminiModelListing(snapshot, single)
  }
}
