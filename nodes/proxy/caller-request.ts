// A request as its dialect means it. It is read when a target needs it translated, once, whatever number of targets do.
import { missingOf, type Need } from '../../shared/chat/capabilities.ts'
import { estimateTokens } from '../../shared/chat/estimate.ts'
import { needsOf } from '../../shared/chat/needs.ts'
import type { JsonObject } from '../../shared/chat/parts.ts'
import type { ChatRequest } from '../../shared/chat/request.ts'
import { parseExact } from '../../shared/json/exact.ts'
import type { BodyScan } from '../../shared/json/scan.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import type { Unable } from './leg.ts'
import { readBetas } from './providers/dialects/anthropic-betas.ts'
import type { Dropped, InboundDialect, PrintedRequest, Target } from './providers/dialects/dialect.ts'
import type { Endpoint } from './providers/endpoint.ts'
import type { Continuation } from './response-continuation.ts'

export interface Understood {
  readonly request: ChatRequest
  readonly needs: readonly Need[]
  readonly estimatedInput: number
}

/** What belongs to a request and does not stand in its body. */
interface Beside {
  /** What it goes on from. */
  readonly state?: Continuation | undefined
  /** As the header lists them. */
  readonly betas?: string | undefined
}

export class CallerRequest {
  readonly #scan: BodyScan
  readonly #inbound: InboundDialect
  readonly #beside: Beside
  #understood: Result<Understood, Unable> | undefined

  constructor(scan: BodyScan, inbound: InboundDialect, beside: Beside = {}) {
    this.#beside = beside
    this.#scan = scan
    this.#inbound = inbound
  }

  understood(): Result<Understood, Unable> {
    this.#understood ??= this.#read()
    return this.#understood
  }

  /** Whether a target can take it, in strict mode with every knob; nothing is sent. */
  could(endpoint: Endpoint, strict: boolean): boolean {
    const understood = this.understood()
    if (!understood.ok || this.#missing(understood.value, endpoint) !== undefined) return false
    if (!strict) return true
    const printed = endpoint.dialect.printRequest(withoutContent(understood.value.request), targetOf(endpoint))
    return printed.ok && this.droppedBy(printed.value).length === 0
  }

  print(endpoint: Endpoint, strict: boolean): Result<PrintedRequest, Unable> {
    const understood = this.understood()
    if (!understood.ok) return understood
    const missing = this.#missing(understood.value, endpoint)
    if (missing !== undefined) return fail(missing)
    const printed = endpoint.dialect.printRequest(understood.value.request, targetOf(endpoint))
    if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
    const params = strict ? this.droppedBy(printed.value) : []
    return params.length > 0 ? fail({ type: 'unsupported-params', params }) : printed
  }

  /** In the caller's words. */
  droppedBy({ dropped }: PrintedRequest): string[] {
    return [...new Set(dropped.map((one) => this.#nameOf(one)))]
  }

  #missing({ needs }: Understood, { dialect, facts }: Endpoint): Unable | undefined {
    const missing = missingOf(needs, dialect, facts)
    return missing === undefined ? undefined : { type: 'missing-capability', ...missing }
  }

  #nameOf(dropped: Dropped): string {
    return 'member' in dropped ? dropped.member : (this.#inbound.knobNames[dropped.knob] ?? dropped.knob)
  }

  #body(): JsonObject {
    const body = bodyOf(this.#scan)
    const input = this.#beside.state?.input?.items
    return input === undefined ? body : { ...body, input }
  }

  #read(): Result<Understood, Unable> {
    const { state, betas } = this.#beside
    const request = this.#inbound.parseRequest(this.#body(), state?.history?.messages)
    if (!request.ok) return fail({ type: 'unreadable', ...request.error })
    const value = betas === undefined ? request.value : { ...request.value, betas: readBetas(betas) }
    return done({ request: value, needs: needsOf(value), estimatedInput: estimateTokens(value) })
  }
}

/** A scanned body is an object. */
export function bodyOf({ bytes, open, close }: BodyScan): JsonObject {
  return parseExact(bytes.utf8Slice(open, close)) as JsonObject
}

export function targetOf({ model, facts, quirks }: Endpoint): Target {
  return { model, facts, quirks }
}

/** Which knobs a target lacks does not depend on what is said. */
function withoutContent(request: ChatRequest): ChatRequest {
  return { ...request, messages: [{ role: 'user', parts: [{ type: 'text', text: '.' }] }] }
}
