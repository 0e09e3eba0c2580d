// The translators of a request with a JSON body: for each target the way that suits it.

import { estimateTokens } from '../../../shared/chat/estimate.ts'
import { parsedWeight } from '../../../shared/json/weight.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { isPinned } from '../conversations/body-edits.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import { suitedTo } from '../providers/suited-dialect.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { forwardedLines } from '../request/headers.ts'
import { type AskedJson, bodyOf, type InferenceRequest } from '../request/inference-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { ChatTranslator } from './chat-translator.ts'
import { EmbeddingsTranslator } from './embeddings-translator.ts'
import { nameOfDropped, ParsedRequest, traitsOf } from './parsed-request.ts'
import { PassThrough } from './pass-through.ts'
import { droppedBetas, filesAtTarget, passThroughRequest } from './pass-through-request.ts'
import type { Translator, Translators } from './translator.ts'

export interface JsonTranslatorOptions {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
  readonly body: AskedJson
  readonly filters: readonly AnswerFilter[]
  /** The files at a provider that the body names; undefined where nobody looked for them. */
  readonly files: readonly FileReference[] | undefined
  /** Whether the caller wants no parameter dropped. */
  readonly strict: boolean
  /** The wall clock in seconds since the epoch. */
  readonly nowSeconds: number
}

type Way = 'pass-through' | 'translate' | 'embed'

export class JsonTranslators implements Translators {
  readonly #options: JsonTranslatorOptions
  #parsed: ParsedRequest | undefined

  constructor(options: JsonTranslatorOptions) {
    this.#options = options
  }

  to(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const way = this.#judge(target)
    switch (way) {
      case 'pass-through':
        return this.#passThrough(target, strict || this.#options.strict)
      case 'translate':
        return this.#translate(target, strict || this.#options.strict)
      case 'embed':
        return this.#embed(target, strict || this.#options.strict)
      default:
        return fail(way)
    }
  }

  could(target: Target, strict: boolean, ineligible: Ineligible): boolean {
    switch (this.#judge(target)) {
      case 'pass-through':
        return this.#couldPass(target, strict || this.#options.strict, ineligible)
      case 'translate':
        return this.#parsedRequest().could(target, strict || this.#options.strict)
      case 'embed':
        return target.dialect.embeddings !== undefined
      default:
        return false
    }
  }

  /** Whether one of the targets can count tokens. */
  canCount(targets: readonly Target[]): boolean {
    return targets.some((target) => this.#judge(target) === 'pass-through')
  }

  /** The tokens of the input, for an operation that asks for their number. */
  estimate(): Result<number, Ineligible> {
    const parsed = this.#options.asked.parsed()
    return parsed.ok ? done(estimateTokens(parsed.value.request)) : parsed
  }

  #judge(target: Target): Way | Ineligible {
    const { request, asked, filters } = this.#options
    const { operation } = request
    const pin = asked.facts.state?.pin
    if (pin !== undefined && !isPinned(target, pin)) return { type: 'elsewhere', provider: pin.provider }
    // A request that a policy changed, and an answer that one filters, are translated even within one dialect.
    const isUntouched = asked.replaced === undefined && (filters.length === 0 || !hasEvents(asked, operation))
    const isThere = pin !== undefined || !target.missing.has(operation.name, request.startedMs)
    if (isUntouched && isThere && passesThrough(target, operation)) return 'pass-through'
    if (operation.embeddings !== undefined) return 'embed'
    return isTranslated(operation, target) ? 'translate' : { type: 'unspoken', route: operation.name }
  }

  #couldPass(target: Target, strict: boolean, ineligible: Ineligible): boolean {
    if (strict && droppedBetas(target, this.#options.asked.facts.betas).length > 0) return false
    return ineligible.type !== 'missing-capability' || target.facts.lacks?.has(ineligible.capability) !== true
  }

  #passThrough(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { request, asked, body, files } = this.#options
    const params = strict ? droppedBetas(target, asked.facts.betas) : []
    if (params.length > 0) return fail({ type: 'unsupported-params', params })
    const found = filesAtTarget(files, target)
    if (!found.ok) return found
    return done(
      new PassThrough(request.operation, passThroughRequest({ request, asked, body, target, files: found.value })),
    )
  }

  #translate(usual: Target, strict: boolean): Result<Translator, Ineligible> {
    const { request, asked, filters, nowSeconds } = this.#options
    const { operation } = request
    const { inbound, showUsage, state } = asked.facts
    const parsed = asked.parsed()
    if (!parsed.ok) return parsed
    const chat = this.#parsedRequest()
    const target = suitedTo(usual, parsed.value.request)
    const printed = chat.print(target, strict)
    if (!printed.ok) return printed
    if (inbound === undefined) return fail({ type: 'unspoken', route: operation.name })
    const { request: conversation } = parsed.value
    const translation = {
      inbound,
      upstream: target.dialect,
      printed: printed.value,
      facts: {
        requestId: request.id,
        nowSeconds,
        estimatedInput: estimateTokens(conversation, target.model),
        showUsage,
        request: conversation,
        stored: state?.keeper,
      },
      errors: operation.errors,
      filters,
    }
    const path = addressOf(target, printed.value.path)
    return done(new ChatTranslator(translation, path, forwardedLines(request.head), chat.droppedBy(printed.value)))
  }

  #embed(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { request, body } = this.#options
    const { operation, head } = request
    const { dialect } = target
    const { embeddings: inbound } = operation
    const { embeddings: upstream } = dialect
    if (upstream === undefined || inbound === undefined) return fail({ type: 'unspoken', route: operation.name })
    const noRoom = request.body.charge(parsedWeight(body.scan))
    if (noRoom !== undefined) return fail(noRoom)
    const read = inbound.parseRequest(bodyOf(body.scan))
    if (!read.ok) return fail({ type: 'unreadable', ...read.error })
    const printed = upstream.printRequest(read.value, traitsOf(target))
    if (!printed.ok) return fail({ type: 'missing-capability', ...printed.error })
    const dropped = printed.value.dropped.map(nameOfDropped)
    if (strict && dropped.length > 0) return fail({ type: 'unsupported-params', params: dropped })
    const translation = { inbound, upstream, dialect, request: read.value, printed: printed.value, dropped }
    const path = addressOf(target, printed.value.path)
    return done(new EmbeddingsTranslator(translation, operation.errors, path, forwardedLines(head)))
  }

  #parsedRequest(): ParsedRequest {
    this.#parsed ??= new ParsedRequest(this.#options.asked)
    return this.#parsed
  }
}

/** Whether the answer consists of events that a filter could see. */
function hasEvents(asked: InferenceRequest, { counts }: Operation): boolean {
  return asked.hasConversation && counts === undefined
}

/** Whether the target could be told a request of the operation in its own dialect. */
export function isTranslated({ inbound, counts }: Operation, { kind, dialect, speaks }: Target): boolean {
  if (inbound === undefined || counts !== undefined) return false
  // A server of OpenAI's API that has no chat completions (one of embeddings, say) can be told nothing.
  return kind !== 'openai' || speaks.has(dialect.name)
}

/** Whether the target is given the caller's own bytes. */
export function passesThrough({ speaks, quirks }: Target, { dialect, upstreamPath, embeddings }: Operation): boolean {
  if (quirks.ownEmbeddings === true && embeddings !== undefined) return false
  return speaks.has(dialect) && upstreamPath !== '' && !(quirks.repairs === true && dialect === 'openai-chat')
}
