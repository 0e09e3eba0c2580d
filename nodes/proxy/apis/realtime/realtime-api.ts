// Realtime sessions: who may open one, and what ends those that are open: a key that ends, silence, a restart.
import { bounds } from '../../../../shared/bounds.ts'
import type { Timer } from '../../../../shared/clock.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Admission } from '../../admission/admit.ts'
import type { LiveRequests } from '../../attempts/live/live-requests.ts'
import { type AuthError, type Credentials, tokenIn } from '../../auth/callers.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { RequestHead, Upgrade } from '../../http/http.ts'
import { realtimeOperation } from '../../operations/gateway-operations.ts'
import { type AuthenticatedRequest, withoutBody } from '../../request/authenticated-request.ts'
import { passThroughHeaders, smallInteger } from '../../request/headers.ts'
import { bad } from '../../request/json-body.ts'
import { resolveModel } from '../../request/model-access.ts'
import { AttemptPlan } from '../../routing/attempt-plan.ts'
import type { Entry } from '../entry.ts'
import { Handshakes, type HandshakeTools } from './handshake.ts'
import type { RealtimeSession } from './session.ts'
import type { SessionPlan } from './session-plan.ts'

export interface RealtimeOptions {
  readonly tools: HandshakeTools
  readonly admission: Admission
  readonly entry: Entry
  readonly live: LiveRequests
}

const sweepMs = 1_000
/** How a browser shows its key: it can set no header. */
const keyProtocol = 'openai-insecure-api-key.'
/** The subprotocols that may be answered; the first of them that a client offers is. */
const answeredProtocols = ['realtime', 'openai-beta.realtime-v1']

export class RealtimeApi {
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
    })
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Ends what is open, each session once nothing is being answered in it. */
  drain(): void {
    this.#draining = true
    for (const session of [...this.#sessions]) session.drain()
  }

  onUpgrade(head: RequestHead, upgrade: Upgrade, id: string): void {
    const { admission, entry, tools } = this.#options
    const { reply } = upgrade
    const credentials = credentialsOf(head, upgrade.protocols)
    const isFull = this.#draining || this.#sessions.size + this.#opening >= bounds.socketsOpenMax
    const admitted = admission.admit({ id, head, reply }, { operation: realtimeOperation }, { credentials, isFull })
    if (!admitted.ok) {
      tools.settlement.rejectUnknown({ reply, id, shape: 'openai' }, admitted.error)
      return
    }
    const request = withoutBody(admitted.value, tools.clock.monotonicMs())
    const asked = modelIn(head.query)
    if (!asked.ok) return tools.settlement.reject(request, asked.error)
    const model = resolveModel(asked.value, request)
    if (!model.ok) return tools.settlement.reject(request, model.error, { model: asked.value })
    const names = { asked: asked.value, model: model.value }
    entry.enter(request, names.model, () => this.#open(upgrade, request, names))
  }

  #open(upgrade: Upgrade, request: AuthenticatedRequest, names: Pick<SessionPlan, 'asked' | 'model'>): void {
    const { tools } = this.#options
    const { model } = names
    const plan = this.#plan(upgrade, request, names)
    if (plan === undefined) return tools.settlement.reject(request, { type: 'no-target', model }, { model })
    this.#opening++
    const handshakes = new Handshakes(tools, plan, upgrade, {
      onOpen: (session) => this.#keep(session, request),
      onOver: () => this.#opening--,
    })
    handshakes.start()
  }

  #plan(
    upgrade: Upgrade,
    request: AuthenticatedRequest,
    { asked, model }: Pick<SessionPlan, 'asked' | 'model'>,
  ): SessionPlan | undefined {
    const { clock, chance } = this.#options.tools
    const { snapshot, head } = request
    const route = snapshot.routeOf(model)
    if (route === undefined) return undefined
    const attemptPlan = new AttemptPlan({
      revision: snapshot.revision,
      stream: true,
      clock,
      chance,
      route,
      routeOf: snapshot.routeOf,
      extraAttempts: smallInteger(head.header('x-headgate-retries')),
    })
    const headerLines = linesFor(head, upgrade.protocols)
    const protocol = answeredProtocols.find((name) => upgrade.protocols.includes(name)) ?? ''
    return { request, asked, model, attemptPlan, headerLines, protocol }
  }

  #keep(session: RealtimeSession, { caller }: AuthenticatedRequest): void {
    const { live, admission } = this.#options
    const place = admission.stay(caller)
    this.#sessions.add(session)
    live.add(session)
    session.onOver = () => {
      place.leave()
      this.#sessions.delete(session)
      live.delete(session)
    }
    if (this.#draining) session.drain()
  }
}

/** Reads the credentials from the headers and from the protocols, where a browser has to put its key. */
function credentialsOf(head: RequestHead, protocols: readonly string[]): Result<Credentials, AuthError> {
  const shown = protocols.filter((name) => name.startsWith(keyProtocol)).map((name) => name.slice(keyProtocol.length))
  const [key] = shown
  if (key === undefined) return done(head)
  const inHeaders = head.authorization !== undefined || head.apiKey !== undefined
  const isOne = shown.every((other) => other === key) && (!inHeaders || tokenIn(head) === key)
  return isOne
    ? done({ authorization: undefined, apiKey: key, query: head.query })
    : fail({ type: 'ambiguous-credentials' })
}

/** `deployment` is Azure's word for it. */
function modelIn(query: string): Result<string, GatewayError> {
  const parameters = new URLSearchParams(query)
  const other = otherSessions.find((name) => parameters.has(name))
  if (other !== undefined) {
    const message = `Sessions by \`${other}\` are not served: name a model in the URL, ?model=….`
    return fail(bad('unsupported_parameter', message, other))
  }
  const models = [...parameters.getAll('model'), ...parameters.getAll('deployment')]
  const [model, second] = models
  if (second === undefined && model !== undefined && model !== '') return done(model)
  const said = models.length === 0 ? 'is missing' : 'must be one name'
  const message = `\`model\` ${said}. Name a model in the URL: ?model=…; GET /v1/models lists them.`
  return fail(bad('invalid_model', message, 'model'))
}

/** Query parameters of sessions that name no model, or name it later, where nobody would check it. */
const otherSessions = ['intent', 'call_id']

/** The upstream is offered no protocol: what one would say is said in a header. */
function linesFor(head: RequestHead, protocols: readonly string[]): string {
  const { lines } = passThroughHeaders(head, realtimeOperation)
  const isBeta = head.header('openai-beta') === undefined && protocols.includes('openai-beta.realtime-v1')
  return lines + (isBeta ? 'openai-beta: realtime=v1\r\n' : '')
}
