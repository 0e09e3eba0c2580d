// A conversation as targets see it: whether one can take it, and what it would be sent.
import { type MissingCapability, missingOf } from '../../../shared/chat/capabilities.ts'
import { withoutDispensable } from '../../../shared/chat/hosted-tools.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { unplaced } from '../dialects/common/places.ts'
import type { Dropped, PrintedRequest, TargetTraits } from '../dialects/dialect.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Target } from '../providers/endpoint.ts'
import { suitedTo } from '../providers/suited-dialect.ts'
import type { InferenceRequest, ParsedChat } from '../request/inference-request.ts'
import { withPairedCalls } from './paired-calls.ts'

export class ParsedRequest {
  readonly #asked: InferenceRequest

  constructor(asked: InferenceRequest) {
    this.#asked = asked
  }

  /** Whether a target can take the request, in strict mode with every parameter; nothing is sent. */
  could(asked: Target, strict: boolean): boolean {
    const parsed = this.#asked.parsed()
    if (!parsed.ok) return false
    const target = suitedTo(asked, parsed.value.request)
    if (missing(parsed.value, target) !== undefined) return false
    if (!strict) return true
    const { request } = parsed.value
    if (lostMembers(request, target).length > 0) return false
    const printed = printFor(target, withoutContent(request))
    return printed.ok && this.droppedBy(printed.value).length === 0
  }

  print(target: Target, strict: boolean): Result<PrintedRequest, Ineligible> {
    const parsed = this.#asked.parsed()
    if (!parsed.ok) return parsed
    const lacking = missing(parsed.value, target)
    if (lacking !== undefined) return fail(lacking)
    const paired = withPairedCalls(parsed.value.request)
    if (!paired.ok) return fail({ type: 'unreadable', ...paired.error })
    const request = paired.value
    const printed = printFor(target, request)
    if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
    const lost = lostMembers(request, target).map((member) => ({ member }))
    const told = { ...printed.value, dropped: [...printed.value.dropped, ...lost] }
    const params = strict ? this.droppedBy(told) : []
    return params.length > 0 ? fail({ type: 'unsupported-params', params }) : done(told)
  }

  /** The dropped parameters, in the caller's words. */
  droppedBy({ dropped }: PrintedRequest): string[] {
    return [...new Set(dropped.map((one) => this.#nameOf(one)))]
  }

  #nameOf(dropped: Dropped): string {
    const name = nameOfDropped(dropped)
    return 'member' in dropped ? name : (this.#asked.facts.inbound?.parameterNames[dropped.parameter] ?? name)
  }
}

export function nameOfDropped(dropped: Dropped): string {
  return 'member' in dropped ? dropped.member : dropped.parameter
}

function missing({ needs }: ParsedChat, { dialect, facts }: Target): Ineligible | undefined {
  const lacking = missingOf(needs, dialect, facts)
  return lacking === undefined ? undefined : { type: 'missing-capability', ...lacking }
}

/** Prints the request for a target. Hosted tools that the target lacks and the caller can spare are left out, and named among
 *  what was dropped. */
function printFor(target: Target, request: ChatRequest): Result<PrintedRequest, MissingCapability> {
  const { dialect, facts } = target
  const lacksHosted = facts.lacks?.has('hosted tools') === true
  const reduced = withoutDispensable(request, (tool) => tool.dialect === dialect.name && !lacksHosted)
  const { request: fitting, isCut } = withinOutput(reduced.request, facts.outputTokensMax)
  const printed = dialect.printRequest(fitting, traitsOf(target))
  if (!printed.ok || (reduced.left.length === 0 && !isCut)) return printed
  const cut: Dropped[] = isCut ? [{ parameter: 'maxOutputTokens' }] : []
  const left: Dropped[] = [...cut, ...reduced.left.map((name) => ({ member: `tools.${name}` }))]
  return done({ ...printed.value, dropped: [...printed.value.dropped, ...left] })
}

/** Providers refuse a limit above what the model can write, which a caller of several models does not know. */
function withinOutput(request: ChatRequest, most: number | undefined): { request: ChatRequest; isCut: boolean } {
  const { parameters } = request
  const { maxOutputTokens: asked } = parameters
  if (asked === undefined || most === undefined || asked <= most) return { request, isCut: false }
  return { request: { ...request, parameters: { ...parameters, maxOutputTokens: most } }, isCut: true }
}

/** Members of messages, parts and tools that the target is not sent. */
function lostMembers(request: ChatRequest, { dialect }: Target): readonly string[] {
  return [...(request.unknown ?? []), ...unplaced(request, dialect)]
}

export function traitsOf({ model, facts, quirks }: Target): TargetTraits {
  return { model, facts, quirks }
}

/** The request with one short message, because which parameters a target lacks does not depend on what is said. */
function withoutContent(request: ChatRequest): ChatRequest {
  return { ...request, messages: [{ role: 'user', parts: [{ type: 'text', text: '.' }] }] }
}
