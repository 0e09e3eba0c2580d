// A request as its dialect means it. It is read when a target needs it translated, once, whatever number of targets do.
import { missingOf, type Need } from '../../../shared/chat/capabilities.ts'
import { estimateTokens } from '../../../shared/chat/estimate.ts'
import { needsOf } from '../../../shared/chat/needs.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Continuation } from '../conversations/continuation.ts'
import { readBetas } from '../dialects/anthropic/betas.ts'
import type { Dropped, InboundDialect, PrintedRequest, TargetTraits } from '../dialects/dialect.ts'
import type { Target } from '../providers/endpoint.ts'
import type { Ineligible } from './translator.ts'

export interface ParsedChat {
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

export class ParsedRequest {
  readonly #scan: BodyScan
  readonly #inbound: InboundDialect
  readonly #beside: Beside
  #parsed: Result<ParsedChat, Ineligible> | undefined

  constructor(scan: BodyScan, inbound: InboundDialect, beside: Beside = {}) {
    this.#beside = beside
    this.#scan = scan
    this.#inbound = inbound
  }

  parsed(): Result<ParsedChat, Ineligible> {
    this.#parsed ??= this.#read()
    return this.#parsed
  }

  /** Whether a target can take it, in strict mode with every parameter; nothing is sent. */
  could(target: Target, strict: boolean): boolean {
    const parsed = this.parsed()
    if (!parsed.ok || this.#missing(parsed.value, target) !== undefined) return false
    if (!strict) return true
    const printed = target.dialect.printRequest(withoutContent(parsed.value.request), traitsOf(target))
    return printed.ok && this.droppedBy(printed.value).length === 0
  }

  print(target: Target, strict: boolean): Result<PrintedRequest, Ineligible> {
    const parsed = this.parsed()
    if (!parsed.ok) return parsed
    const missing = this.#missing(parsed.value, target)
    if (missing !== undefined) return fail(missing)
    const printed = target.dialect.printRequest(parsed.value.request, traitsOf(target))
    if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
    const params = strict ? this.droppedBy(printed.value) : []
    return params.length > 0 ? fail({ type: 'unsupported-params', params }) : printed
  }

  /** In the caller's words. */
  droppedBy({ dropped }: PrintedRequest): string[] {
    return [...new Set(dropped.map((one) => this.#nameOf(one)))]
  }

  #missing({ needs }: ParsedChat, { dialect, facts }: Target): Ineligible | undefined {
    const missing = missingOf(needs, dialect, facts)
    return missing === undefined ? undefined : { type: 'missing-capability', ...missing }
  }

  #nameOf(dropped: Dropped): string {
    return 'member' in dropped ? dropped.member : (this.#inbound.parameterNames[dropped.parameter] ?? dropped.parameter)
  }

  #body(): JsonObject {
    const body = bodyOf(this.#scan)
    const input = this.#beside.state?.input?.items
    return input === undefined ? body : { ...body, input }
  }

  #read(): Result<ParsedChat, Ineligible> {
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

export function traitsOf({ model, facts, quirks }: Target): TargetTraits {
  return { model, facts, quirks }
}

/** Which parameters a target lacks does not depend on what is said. */
function withoutContent(request: ChatRequest): ChatRequest {
  return { ...request, messages: [{ role: 'user', parts: [{ type: 'text', text: '.' }] }] }
}
