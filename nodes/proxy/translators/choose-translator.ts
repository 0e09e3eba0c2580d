// The translators of a request with a JSON body: for each target the way that suits it.

import { bounds } from '../../../shared/bounds.ts'
import { estimateTokens } from '../../../shared/chat/estimate.ts'
import { parsedWeight } from '../../../shared/json/weight.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { atOnce } from '../../../shared/work/slices.ts'
import { isPinned } from '../conversations/body-edits.ts'
import { type Continuation, storedLength } from '../conversations/continuation.ts'
import { printedFacts } from '../dialects/dialect.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import type { Target } from '../providers/endpoint.ts'
import { type AskedJson, bodyOf, type InferenceRequest } from '../request/inference-request.ts'
import { embedRequest } from './embed-request.ts'
import type { JsonTranslatorOptions } from './json-options.ts'
import { LateEstimate } from './late/late-estimate.ts'
import { LatePassThrough } from './late/late-pass-through.ts'
import { LateChat, LateEmbedding } from './late/late-translation.ts'
import { chatTranslator, embeddingsTranslator } from './make-translator.ts'
import { PassThrough } from './pass-through.ts'
import { droppedBetas, filesAtTarget, passThroughRequest } from './pass-through-request.ts'
import { couldTake, translateRequest } from './translate-request.ts'
import type { Late, LateTranslator, Translator, Translators } from './translator.ts'

/** The bytes for which models are looked for, and what a look costs beside its bytes. */
const lookedBytesMax = 1 << 20
const lookBytesMin = 256

type Way = 'pass-through' | 'translate' | 'embed'

export class JsonTranslators implements Translators {
  readonly #options: JsonTranslatorOptions
  #found: readonly FileReference[] | undefined
  #lookedBytes = 0

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

  /** Another process translates a large body. What a policy put in its place is translated here. */
  late(target: Target, strict: boolean): LateTranslator | undefined {
    if (!this.#isLarge) return undefined
    switch (this.#judge(target)) {
      case 'translate':
        return new LateChat(this.#options, target, strict || this.#options.strict)
      case 'embed':
        return new LateEmbedding(this.#options, target, strict || this.#options.strict)
      case 'pass-through':
        return new LatePassThrough(this.#options, target, strict || this.#options.strict)
      default:
        return undefined
    }
  }

  could(target: Target, strict: boolean, ineligible: Ineligible): boolean | undefined {
    const way = this.#judge(target)
    if (way === 'translate' && !this.#mayLook(strict)) return undefined
    switch (way) {
      case 'pass-through':
        return this.#couldPass(target, strict || this.#options.strict, ineligible)
      case 'translate':
        return this.#couldTranslate(target, strict || this.#options.strict)
      case 'embed':
        return target.dialect.embeddings !== undefined
      default:
        return false
    }
  }

  /** Looking for a model parses the body, and prints its parameters for each strict one: more than that is too much for an error. */
  #mayLook(strict: boolean): boolean {
    const { scan } = this.#options.body
    if (strict || this.#options.strict) this.#lookedBytes += scan.bytes.length + lookBytesMin
    return !this.#isLarge && this.#lookedBytes <= lookedBytesMax
  }

  get #isLarge(): boolean {
    const { body, asked } = this.#options
    return asked.replaced === undefined && lengthOf(body, asked.facts.state) > bounds.parsedHereBytesMax
  }

  #couldTranslate(target: Target, strict: boolean): boolean {
    const { asked } = this.#options
    const { inbound } = asked.facts
    const parsed = asked.parsed()
    return parsed.ok && inbound !== undefined && couldTake({ parsed: parsed.value, inbound }, target, strict)
  }

  /** Whether one of the targets can count tokens. */
  canCount(targets: readonly Target[]): boolean {
    return targets.some((target) => this.#judge(target) === 'pass-through')
  }

  /** The tokens of a large input, for an operation that asks for their number; undefined for others, whose are estimated at once. */
  lateEstimate(): Late<number> | undefined {
    return this.#isLarge ? new LateEstimate(this.#options) : undefined
  }

  /** The tokens of the input, for an operation that asks for their number. */
  estimate(): Result<number, Ineligible> {
    const { asked } = this.#options
    const parsed = asked.parsed()
    asked.forget()
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
    const { request, asked, body } = this.#options
    const params = strict ? droppedBetas(target, asked.facts.betas) : []
    if (params.length > 0) return fail({ type: 'unsupported-params', params })
    const found = filesAtTarget(this.#files(), target)
    if (!found.ok) return found
    // A policy may have asked what the body says.
    asked.forget()
    return done(
      new PassThrough(
        request.operation,
        passThroughRequest({ request, asked, body, target, files: found.value }),
        this.#options,
      ),
    )
  }

  #files(): readonly FileReference[] | undefined {
    const { findFiles } = this.#options
    if (findFiles !== undefined) this.#found ??= atOnce(findFiles())
    return this.#found
  }

  #translate(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { request, asked } = this.#options
    const { inbound } = asked.facts
    const parsed = asked.parsed()
    if (!parsed.ok) return parsed
    if (inbound === undefined) return fail({ type: 'unspoken', route: request.operation.name })
    const translated = translateRequest({ parsed: parsed.value, inbound }, target, strict)
    if (!translated.ok) return translated
    // A fallback to another dialect parses the bytes again: the parsed form is many times as large.
    asked.forget()
    const { printed, upstream, dropped, asked: facts, estimatedInput } = translated.value
    const call = { path: printed.path, headerLines: printed.headerLines, body: [Buffer.from(printed.body)], dropped }
    return done(
      chatTranslator(this.#options, target, { call, upstream, printed: printedFacts(printed), facts, estimatedInput }),
    )
  }

  #embed(target: Target, strict: boolean): Result<Translator, Ineligible> {
    const { request, body } = this.#options
    const { name: route, embeddings: inbound } = request.operation
    const noRoom = request.body.chargeUpTo(parsedWeight(body.scan))
    if (noRoom !== undefined) return fail(noRoom)
    const embedded = embedRequest({ route, inbound, body: bodyOf(body.scan) }, target, strict)
    if (!embedded.ok) return embedded
    const { printed, dropped, asked } = embedded.value
    const call = { path: printed.path, headerLines: printed.headerLines, body: [Buffer.from(printed.body)], dropped }
    return embeddingsTranslator(this.#options, target, { call, printed: printedFacts(printed), asked })
  }
}

/** The bytes that a translation parses. */
function lengthOf({ scan }: AskedJson, state: Continuation | undefined): number {
  return scan.bytes.length + storedLength(state)
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
