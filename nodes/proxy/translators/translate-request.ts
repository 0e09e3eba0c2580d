// A conversation as targets see it: whether one can take it, and what it would be sent. Nothing here depends on where it runs.
import { type MissingCapability, missingOf } from '../../../shared/chat/capabilities.ts'
import { estimateTokens } from '../../../shared/chat/estimate.ts'
import { withoutDispensable } from '../../../shared/chat/hosted-tools.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { unplaced } from '../dialects/common/places.ts'
import { unlessTooDeep } from '../dialects/depth-guard.ts'
import {
  type AskedFacts,
  askedFacts,
  type Dropped,
  type InboundDialect,
  type PrintedRequest,
  type TargetTraits,
  type UpstreamDialect,
} from '../dialects/dialect.ts'
import type { Ineligible, Unreadable } from '../errors/gateway-error.ts'
import { type SuitedTarget, suitedTo } from '../providers/suited-dialect.ts'
import type { ParsedChat } from '../request/parse-conversation.ts'
import { withPairedCalls } from './paired-calls.ts'

/** What a translation depends on of its target. */
export type TranslationTarget = SuitedTarget & TargetTraits

export interface Conversation {
  readonly parsed: ParsedChat
  /** The caller's dialect. */
  readonly inbound: InboundDialect
}

export interface TranslatedRequest {
  readonly upstream: UpstreamDialect
  readonly printed: PrintedRequest
  /** The dropped parameters, in the caller's words. */
  readonly dropped: readonly string[]
  readonly asked: AskedFacts
  readonly estimatedInput: number
}

/** More tools are no request that a model could answer; each has a name that is kept until the answer has come. */
const toolsMax = 4_096

/** Whether a target can take the request, in strict mode with every parameter; nothing is sent. */
export function couldTake({ parsed, inbound }: Conversation, asked: TranslationTarget, strict: boolean): boolean {
  const { request } = parsed
  const target = suitedTo(asked, request)
  if (missing(parsed, target) !== undefined) return false
  if (!strict) return true
  if (lostMembers(request, target).length > 0) return false
  const printed = printFor(target, withoutContent(request))
  return printed.ok && droppedNames(inbound, printed.value.dropped).length === 0
}

export function translateRequest(
  conversation: Conversation,
  asked: TranslationTarget,
  strict: boolean,
): Result<TranslatedRequest, Ineligible> {
  return unlessTooDeep<Result<TranslatedRequest, Ineligible>>(fail(tooDeep), () =>
    translate(conversation, asked, strict),
  )
}

/** Arguments of a call are JSON within a text, so their depth is not known before. */
const tooDeep: Unreadable = { type: 'unreadable', path: 'body', message: 'is nested too deeply' }

function translate(
  { parsed, inbound }: Conversation,
  asked: TranslationTarget,
  strict: boolean,
): Result<TranslatedRequest, Ineligible> {
  if (parsed.request.tools.length > toolsMax)
    return fail({ type: 'unreadable', path: 'tools', message: `must have at most ${toolsMax} tools` })
  const target = suitedTo(asked, parsed.request)
  const lacking = missing(parsed, target)
  if (lacking !== undefined) return fail(lacking)
  const paired = withPairedCalls(parsed.request)
  if (!paired.ok) return fail({ type: 'unreadable', ...paired.error })
  const printed = printFor(target, paired.value)
  if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
  const lost = lostMembers(paired.value, target).map((member) => ({ member }))
  const told = { ...printed.value, dropped: [...printed.value.dropped, ...lost] }
  const dropped = droppedNames(inbound, told.dropped)
  if (strict && dropped.length > 0) return fail({ type: 'unsupported-params', params: dropped })
  const { request } = parsed
  return done({
    upstream: target.dialect,
    printed: told,
    dropped,
    asked: askedFacts(inbound, request),
    estimatedInput: estimateTokens(request, target.model),
  })
}

/** A name that a caller made up may have any length. */
const whatCharactersMax = 256

/** The names that a caller is told, in a header that has room for fewer. */
const droppedNamesMax = 128

/** The dropped parameters, in the caller's words; the first ones, where there are many. */
export function droppedNames(
  { parameterNames }: Pick<InboundDialect, 'parameterNames'>,
  dropped: readonly Dropped[],
): string[] {
  const names = new Set<string>()
  for (const one of dropped) {
    if (names.size >= droppedNamesMax) break
    const name = nameOfDropped(one)
    names.add('member' in one ? name : (parameterNames[one.parameter] ?? name))
  }
  return [...names]
}

export function nameOfDropped(dropped: Dropped): string {
  return 'member' in dropped ? dropped.member : dropped.parameter
}

function missing({ needs }: ParsedChat, { dialect, facts }: TranslationTarget): Ineligible | undefined {
  const lacking = missingOf(needs, dialect, facts)
  if (lacking === undefined) return undefined
  const { capability, what } = lacking
  return { type: 'missing-capability', capability, what: what.slice(0, whatCharactersMax) }
}

/** Prints the request for a target. Hosted tools that the target lacks and the caller can spare are left out, and named among
 *  what was dropped. */
function printFor(target: TranslationTarget, request: ChatRequest): Result<PrintedRequest, MissingCapability> {
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
function lostMembers(request: ChatRequest, { dialect }: TranslationTarget): readonly string[] {
  return [...(request.unknown ?? []), ...unplaced(request, dialect)]
}

export function traitsOf({ model, facts, quirks }: TargetTraits): TargetTraits {
  return { model, facts, quirks }
}

/** The request with one short message, because which parameters a target lacks does not depend on what is said. */
function withoutContent(request: ChatRequest): ChatRequest {
  return { ...request, messages: [{ role: 'user', parts: [{ type: 'text', text: '.' }] }] }
}
