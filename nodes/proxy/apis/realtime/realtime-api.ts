// Realtime sessions: who may open one, and what ends those that are open: a key that ends, silence, a restart.
import { hash } from 'node:crypto'
import { bounds } from '../../../../shared/bounds.ts'
import type { Timer } from '../../../../shared/clock.ts'
import { rejectedRecord } from '../../accounting/rejected-record.ts'
import { type Caller, type Credentials, identify, mayUse, tokenIn } from '../../auth/callers.ts'
import { errorAnswer } from '../../errors/error-answer.ts'
import type { GatewayError } from '../../errors/error-table.ts'
import type { RequestHead, Upgrade } from '../../http/http.ts'
import { callersLines, credentialsIn, smallInteger } from '../../request/headers.ts'
import { bad } from '../../request/json-body.ts'
import { modelAccessError, modelsThatCould } from '../../request/model-access.ts'
import { AttemptPlan } from '../../routing/attempt-plan.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { RealtimeOpening, type RealtimeTools } from './handshake.ts'
import type { RealtimeSession } from './session.ts'
import { canRealtime, realtimeRoute } from './session-plan.ts'

export interface RealtimeOptions {
  readonly tools: RealtimeTools
  snapshot(): Snapshot | Extract<GatewayError, { type: 'no-config' | 'config-damaged' }>
  isFull(): boolean
  nextId(): string
  countRefusal(code: string): void
}

const sweepMs = 1_000
/** How a browser shows its key: it can set no header. */
const keyProtocol = 'openai-insecure-api-key.'
/** What is answered of the protocols that a client offers, the first that it does. */
const answeredProtocols = ['realtime', 'openai-beta.realtime-v1']

export class Realtime {
  readonly #options: RealtimeOptions
  readonly #sessions = new Set<RealtimeSession>()
  #opening = 0
  #draining = false
  #timer: Timer | undefined

  constructor(options: RealtimeOptions) {
    this.#options = options
  }

  start(): void {
    const { clock } = this.#options.tools
    this.#timer = clock.every(sweepMs, () => {
      const nowMs = clock.monotonicMs()
      for (const session of [...this.#sessions]) session.sweep(nowMs)
      this.#judgeKeys()
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Ends what is open, each once nothing is being answered in it. */
  drain(): void {
    this.#draining = true
    for (const session of [...this.#sessions]) session.drain()
  }

  /** Ends the sessions whose key was revoked or has expired: within a second, which is as soon as most hear of it. */
  #judgeKeys(): void {
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return
    const nowMs = this.#options.tools.clock.wallMs()
    for (const session of [...this.#sessions]) {
      const { tokenHash, model } = session.plan
      const caller = snapshot.callers.get(tokenHash)
      if (caller === undefined || caller.expiresAtMs <= nowMs) session.revoke('The API key is not valid any more.')
      else if (!mayUse(caller, model)) session.revoke('The API key may not use this model any more.')
    }
  }

  onUpgrade(head: RequestHead, upgrade: Upgrade): void {
    const requestId = head.requestId ?? this.#options.nextId()
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return this.#refuse(upgrade, requestId, snapshot)
    const credentials = credentialsOf(head, upgrade.protocols)
    if (credentials === undefined) return this.#refuse(upgrade, requestId, { type: 'ambiguous-credentials' })
    const { tools } = this.#options
    const caller = identify(snapshot.callers, credentials, tools.clock.wallMs())
    if (!caller.ok) return this.#refuse(upgrade, requestId, caller.error)
    if (this.#draining || this.#options.isFull() || this.#sessions.size + this.#opening >= bounds.socketsOpenMax) {
      return this.#refuse(upgrade, requestId, { type: 'overloaded', retryAfterMs: 1_000 })
    }
    const model = modelIn(head.query)
    const refused = typeof model === 'string' ? modelAccessError([model], snapshot, caller.value) : model
    if (refused !== undefined) {
      const named = typeof model === 'string' ? model : ''
      return this.#rejectKnown(upgrade, { requestId, snapshot, caller: caller.value, model: named, refusal: refused })
    }
    const tokenHash = hash('sha256', tokenIn(credentials) ?? '', 'hex')
    this.#open(upgrade, { head, requestId, snapshot, caller: caller.value, tokenHash, model: model as string })
  }

  #open(upgrade: Upgrade, { head, requestId, snapshot, caller, tokenHash, model }: Opened): void {
    const { tools } = this.#options
    const { clock, chance } = tools
    const attemptPlan = new AttemptPlan({
      ...{ requestId, revision: snapshot.revision, stream: true, clock, chance },
      ...{ route: snapshot.routeOf(model)!, routeOf: snapshot.routeOf },
      extraAttempts: smallInteger(head.header('x-headgate-retries')),
    })
    const plan = {
      ...{ requestId, caller, tokenHash, model, attemptPlan, route: realtimeRoute, stream: true },
      ...{ arrivedAtMs: clock.wallMs(), startedMs: clock.monotonicMs() },
      ...{ revision: snapshot.revision, revisionText: snapshot.revisionText },
      user: caller.user === '' ? (head.header('x-headgate-user') ?? '') : caller.user,
      headerLines: linesFor(head, upgrade.protocols),
      protocol: answeredProtocols.find((name) => upgrade.protocols.includes(name)) ?? '',
      modelsThatCould: (ineligible: Parameters<typeof modelsThatCould>[0]) =>
        modelsThatCould(ineligible, { could: canRealtime }, snapshot, caller),
    }
    this.#opening++
    const opening = new RealtimeOpening(tools, plan, upgrade, {
      onOpen: (session) => this.#keep(session),
      onOver: () => this.#opening--,
    })
    opening.start()
  }

  #keep(session: RealtimeSession): void {
    this.#sessions.add(session)
    session.onOver = () => this.#sessions.delete(session)
    if (this.#draining) session.drain()
  }

  #refuse({ reply }: Upgrade, requestId: string, refusal: GatewayError): void {
    this.#tell({ reply }, requestId, refusal)
  }

  #tell({ reply }: Pick<Upgrade, 'reply'>, requestId: string, refusal: GatewayError) {
    const answer = errorAnswer(refusal, { requestId, shape: 'openai', chance: this.#options.tools.chance })
    this.#options.countRefusal(answer.code)
    reply.send(answer.status, answer.headers, answer.body)
    return answer
  }

  #rejectKnown(upgrade: Upgrade, { refusal, ...request }: RejectedOpening): void {
    const { status, code } = this.#tell(upgrade, request.requestId, refusal)
    const { clock, recorder } = this.#options.tools
    recorder.finish(rejectedRecord({ ...request, route: realtimeRoute.name, status, code }, clock), [], nothing)
  }
}

interface Opened {
  readonly head: RequestHead
  readonly requestId: string
  readonly snapshot: Snapshot
  readonly caller: Caller
  readonly tokenHash: string
  readonly model: string
}

interface RejectedOpening {
  readonly requestId: string
  readonly snapshot: Snapshot
  readonly caller: Caller
  readonly model: string
  readonly refusal: GatewayError
}

/** Undefined: two that differ. */
function credentialsOf(head: RequestHead, protocols: readonly string[]): Credentials | undefined {
  const credentials = credentialsIn(head)
  const shown = protocols.filter((name) => name.startsWith(keyProtocol)).map((name) => name.slice(keyProtocol.length))
  const [key] = shown
  if (key === undefined) return credentials
  const others = [
    ...shown,
    tokenIn({ authorization: credentials.authorization, apiKey: undefined }),
    credentials.apiKey,
  ]
  return others.every((other) => other === undefined || other === key)
    ? { authorization: undefined, apiKey: key }
    : undefined
}

/** `deployment` is Azure's word for it. */
function modelIn(query: string): string | GatewayError {
  const parameters = new URLSearchParams(query)
  for (const name of otherSessions) {
    if (!parameters.has(name)) continue
    const message = `Sessions by \`${name}\` are not served: name a model in the URL, ?model=….`
    return bad('unsupported_parameter', message, name)
  }
  const models = [...parameters.getAll('model'), ...parameters.getAll('deployment')]
  const [model, second] = models
  if (second === undefined && model !== undefined && model !== '') return model
  const said = models.length === 0 ? 'is missing' : 'must be one name'
  const message = `\`model\` ${said}. Name a model in the URL: ?model=…; GET /v1/models lists them.`
  return bad('invalid_model', message, 'model')
}

/** In the URL of sessions that name no model, or name it later, where nobody would judge it. */
const otherSessions = ['intent', 'call_id']

/** The upstream is offered no protocol: what one would say is said in a header. */
function linesFor(head: RequestHead, protocols: readonly string[]): string {
  const { forwardedLines, passThroughLines } = callersLines(head, realtimeRoute)
  const isBeta = passThroughLines === '' && protocols.includes('openai-beta.realtime-v1')
  return forwardedLines + passThroughLines + (isBeta ? 'openai-beta: realtime=v1\r\n' : '')
}

function nothing(): void {}
