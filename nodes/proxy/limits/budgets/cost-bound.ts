// The most that a request can cost. It has to hold whatever the request is answered with: a hard budget reserves it.
import { fieldOf } from '../../../../shared/json/body-fields.ts'
import type { BodyScan } from '../../../../shared/json/scan.ts'
import { ExactCost } from '../../../../shared/models/exact-cost.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { type GatewayError, unparsedError } from '../../errors/gateway-error.ts'
import type { Operation } from '../../operations/operation.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { bodyOf, type InferenceRequest } from '../../request/inference-request.ts'
import { type ConversationSizes, conversationSizes } from './conversation-sizes.ts'
import { hasMarkedWord } from './marked-words.ts'
import { isTierUnknown, type PriceCeiling, type PriceCeilings, unitCeiling } from './price-ceiling.ts'

export type CostBound = { readonly nanoUsd: number } | NoBound

/** Why there is none: a clause, or the error of a body that could not be read. */
export type NoBound = { readonly unbounded: string } | { readonly error: GatewayError }

/** Tokens that a provider puts around what a caller writes: names of roles, separators. */
export const frameTokens = 32
/** Tokens of the instructions that a provider adds where there are tools. Source: Anthropic's "Tool use with Claude", table of system
 *  prompt tokens: 530 at most. */
const toolTokens = 1_024
const documentsPerSearchUnit = 100
const imagesMax = 10

const free: CostBound = { nanoUsd: 0 }

/** `told` is what another process told of a large conversation; a small one is looked at here. */
export function costBound(
  request: AuthenticatedRequest,
  asked: InferenceRequest,
  ceilings: PriceCeilings,
  told?: Result<ConversationSizes, GatewayError>,
): CostBound {
  const { operation, snapshot, receivedAtMs } = request
  if (operation.counts !== undefined) return free
  const { body } = asked.facts
  const targets = ceilings.of(snapshot, asked.facts, receivedAtMs)
  if (targets.length > 0 && targets.every(isFree)) return free
  if (body.type === 'form') return { unbounded: 'the cost of an uploaded file is not known before it is read' }
  const sizes = sizesOf(request, asked, { scan: body.scan, told })
  if (!('bytes' in sizes)) return sizes
  const parameters = asked.facts.inbound?.parameterNames
  const names = { cap: parameters?.maxOutputTokens, answers: parameters?.n }
  let most = 0
  for (const ceiling of targets) {
    const bound = targetBound(operation, ceiling, { ...sizes, names }, body.scan)
    if (!('nanoUsd' in bound)) return bound
    if (bound.nanoUsd > most) most = bound.nanoUsd
  }
  return { nanoUsd: most }
}

/** The most that one target charges. */
export function targetBound({ units }: Operation, ceiling: PriceCeiling, sizes: Sizes, scan: BodyScan): CostBound {
  return units === undefined ? tokenBound(ceiling, sizes) : unitBound(ceiling, sizes, scan)
}

export function isFree({ rates, price }: PriceCeiling): boolean {
  return rates !== undefined && rates.input === 0 && rates.output === 0 && price?.calls.size === 0
}

export interface Sizes {
  /** Tokens of input; Infinity where only the model's context bounds them. */
  readonly input: number
  /** Tokens of one answer; undefined where the caller sets no bound. */
  readonly outputCap: number | undefined
  readonly answers: number
  readonly writes: boolean
  readonly bytes: number
  readonly tier: string | undefined
  /** What the caller's dialect calls the cap of an answer, and the number of answers. */
  readonly names?: { readonly cap: string | undefined; readonly answers: string | undefined }
}

function tokenBound({ target, rates, price }: PriceCeiling, sizes: Sizes): CostBound {
  const name = `${target.provider}/${target.model}`
  const { contextTokensMax = Number.POSITIVE_INFINITY, outputTokensMax = contextTokensMax } = target.facts
  if (rates === undefined || isTierUnknown(price, sizes.tier))
    return { unbounded: `${name} has no known price, which an operator can set` }
  // The context bounds what a provider takes; a catalogue that is wrong must not make the bound smaller than the text is.
  const input = Number.isFinite(sizes.input) ? sizes.input : contextTokensMax
  if (!Number.isFinite(input))
    return { unbounded: `how much input ${name} makes of images, sound or files is not known` }
  const most = new ExactCost().add(input, rates.input)
  if (!sizes.writes) return { nanoUsd: most.nanoUsdUp }
  const output = sizes.outputCap ?? outputTokensMax
  if (!Number.isFinite(output))
    return { unbounded: `how long an answer of ${name} can get is not known: set ${sizes.names?.cap ?? 'max_tokens'}` }
  if (!Number.isFinite(sizes.answers))
    return { unbounded: `how many answers are asked for is not known: set ${sizes.names?.answers ?? 'n'}` }
  return { nanoUsd: most.add(Math.ceil(output * sizes.answers), rates.output).nanoUsdUp }
}

/** Images, speech and reranking, by what can be counted in the request. */
function unitBound(ceiling: PriceCeiling, sizes: Sizes, scan: BodyScan): CostBound {
  const { target, price, unitPrice } = ceiling
  if (unitPrice === undefined || unitPrice.size === 0) return tokenBound(ceiling, { ...sizes, writes: true })
  const units = {
    images: Math.min(imagesMax, Math.max(1, scan.amount('n') ?? 1) || imagesMax),
    characters: sizes.bytes,
    'search-units': 1 + Math.ceil(sizes.bytes / documentsPerSearchUnit),
  } as const
  let most = 0
  for (const unit of unitPrice.keys()) {
    if (!(unit in units)) return { unbounded: `${target.provider}/${target.model} charges by the ${unit}` }
    const amount = units[unit as keyof typeof units]
    most = Math.max(most, new ExactCost().add(amount, unitCeiling(ceiling, unit) ?? 0).nanoUsdUp)
  }
  // Where the answer reports tokens they are charged instead.
  if (price === undefined) return { nanoUsd: most }
  const byTokens = tokenBound(ceiling, { ...sizes, writes: true })
  return !('nanoUsd' in byTokens) ? byTokens : { nanoUsd: Math.max(most, byTokens.nanoUsd) }
}

function sizesOf(
  request: AuthenticatedRequest,
  asked: InferenceRequest,
  { scan, told }: { scan: BodyScan; told: Result<ConversationSizes, GatewayError> | undefined },
): Sizes | NoBound {
  const { operation, body } = request
  const bytes = body.bytes.length
  const tier = scan.textAt(fieldOf.service_tier) ?? scan.textAt(fieldOf.serviceTier)
  const input = bytes + frameTokens
  if (!asked.hasConversation) return { input, outputCap: undefined, answers: 1, writes: false, bytes, tier }
  if (told !== undefined || !isPlain(asked, scan)) return readSizes(asked, { bytes, tier }, told ?? sizesNow(asked))
  const outputCap = capOf(operation.dialect, scan)
  return { input, outputCap, answers: answersOf(operation.dialect, scan), writes: true, bytes, tier }
}

/** Whether the scan of the body alone tells all that the bound depends on. */
function isPlain({ replaced, facts }: InferenceRequest, scan: BodyScan): boolean {
  if (replaced !== undefined || facts.inbound?.name === 'gemini') return false
  return !hasMarkedWord(scan.bytes, scan.open, scan.close) && !isStoredPrompt(scan)
}

// Servers of OpenAI's API know several names of the cap, and each server goes by another one. Sources: vLLM and SGLang,
// `max_completion_tokens` before `max_tokens`, numbers also as texts; llama.cpp's server, `n_predict` before `max_tokens`, -1 for
// no cap.
const chatCaps = [fieldOf.max_tokens, fieldOf.max_completion_tokens, fieldOf.n_predict]

const responseCaps = [fieldOf.max_output_tokens]
const messageCaps = [fieldOf.max_tokens]
const noCaps: readonly number[] = []

function capFieldsOf(dialect: string): readonly number[] {
  switch (dialect) {
    case 'openai-chat':
    case 'openai-completions':
      return chatCaps
    case 'openai-responses':
      return responseCaps
    case 'anthropic':
      return messageCaps
    default:
      return noCaps
  }
}

/** The largest cap counts, because an upstream may take any, and none if one of them is none. */
export function capOf(dialect: string, scan: BodyScan): number | undefined {
  let largest: number | undefined
  for (const field of capFieldsOf(dialect)) {
    const cap = scan.amountAt(field)
    if (cap === undefined) continue
    if (positive(cap) === undefined) return undefined
    if (largest === undefined || cap > largest) largest = cap
  }
  return largest
}

/** Some servers take a cap of 0 or -1 for none. */
function positive(cap: number | undefined): number | undefined {
  return cap !== undefined && cap > 0 && Number.isFinite(cap) ? cap : undefined
}

/** Infinity where it is not known how many a server makes. */
function answersOf(dialect: string, scan: BodyScan): number {
  const wanted = Math.max(1, scan.amountAt(fieldOf.n) ?? 1, scan.amountAt(fieldOf.best_of) ?? 1)
  const each = Number.isNaN(wanted) ? Number.POSITIVE_INFINITY : wanted
  if (dialect !== 'openai-completions' || scan.field('prompt')?.kind !== 'array') return each
  const { prompt } = bodyOf(scan)
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
  return each * prompts
}

/** A prompt that the provider keeps: nobody here knows how long it is. */
function isStoredPrompt(scan: BodyScan): boolean {
  return scan.fieldAt(fieldOf.prompt)?.kind === 'object'
}

/** What the conversation itself tells. */
function readSizes(
  asked: InferenceRequest,
  { bytes, tier }: { bytes: number; tier: string | undefined },
  told: Result<ConversationSizes, GatewayError>,
): Sizes | NoBound {
  if (!told.ok) return { error: told.error }
  const { costly, hasMedia, hasTools, maxOutputTokens, answers } = told.value
  if (costly !== undefined) return { unbounded: `what the provider does by itself (${costly}) has no bound` }
  const whole = Math.max(bytes, told.value.bytes)
  const tools = hasTools ? toolTokens : 0
  const isText = !hasMedia && !continuesElsewhere(asked)
  return {
    input: isText ? whole + frameTokens + tools : Number.POSITIVE_INFINITY,
    outputCap: positive(readCap(asked, maxOutputTokens)),
    answers,
    writes: true,
    bytes,
    tier,
  }
}

function sizesNow(asked: InferenceRequest): Result<ConversationSizes, GatewayError> {
  const parsed = asked.parsed()
  return parsed.ok ? done(conversationSizes(parsed.value)) : fail(unparsedError(parsed.error))
}

/** The parser takes one of the caps of a chat. */
function readCap({ facts: { body, inbound } }: InferenceRequest, parsed: number | undefined): number | undefined {
  if (body.type === 'form' || inbound?.name !== 'openai-chat') return parsed
  return capOf('openai-chat', body.scan)
}

/** Whether the provider adds what it keeps: an earlier conversation, or a prompt. */
function continuesElsewhere({ facts: { body, state } }: InferenceRequest): boolean {
  if (body.type === 'form') return false
  const { scan } = body
  const refers = (['previous_response_id', 'conversation'] as const).some((name) => {
    const kind = scan.field(name)?.kind
    return kind === 'string' || kind === 'object'
  })
  return isStoredPrompt(scan) || (refers && state?.history === undefined)
}
