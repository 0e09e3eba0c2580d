// Translators of requests that are printed: from what printing told, wherever it was done.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { AskedFacts, PrintedFacts, UpstreamDialect } from '../dialects/dialect.ts'
import type { EmbeddingFacts } from '../dialects/embedding-dialect.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import { forwardedLines } from '../request/headers.ts'
import { ChatTranslator, type LargeWork, type TranslatedCall } from './chat-translator.ts'
import { EmbeddingsTranslator } from './embeddings-translator.ts'
import type { JsonTranslatorOptions } from './json-options.ts'
import type { Translator } from './translator.ts'

export interface PrintedChat {
  /** Its path and header lines are those of the dialect. */
  readonly call: TranslatedCall
  readonly upstream: UpstreamDialect
  readonly printed: PrintedFacts
  readonly facts: AskedFacts
  readonly estimatedInput: number
}

/** Called where the operation has a dialect of callers. */
export function chatTranslator(
  options: JsonTranslatorOptions,
  target: Target,
  { call, upstream, printed, facts: asked, estimatedInput }: PrintedChat,
): Translator {
  const {
    request,
    asked: { facts },
    filters,
    nowSeconds,
  } = options
  const { inbound, showUsage, state } = facts
  if (inbound === undefined) throw new Error(`${request.operation.name} has no dialect of callers`)
  const translation = {
    inbound,
    upstream,
    printed,
    facts: { requestId: request.id, nowSeconds, estimatedInput, showUsage, asked, stored: state?.keeper },
    errors: request.operation.errors,
    filters,
  }
  return new ChatTranslator(translation, addressed(options, target, call), workOf(options))
}

export interface PrintedEmbeddings {
  readonly call: TranslatedCall
  readonly printed: PrintedFacts
  readonly asked: EmbeddingFacts
}

export function embeddingsTranslator(
  options: JsonTranslatorOptions,
  target: Target,
  { call, printed, asked }: PrintedEmbeddings,
): Result<Translator, Ineligible> {
  const { operation } = options.request
  const { dialect } = target
  const { embeddings: inbound } = operation
  const { embeddings: upstream } = dialect
  if (upstream === undefined || inbound === undefined) return fail({ type: 'unspoken', route: operation.name })
  const translation = { inbound, upstream, dialect, asked, printed }
  return done(
    new EmbeddingsTranslator(translation, operation.errors, addressed(options, target, call), workOf(options)),
  )
}

function addressed({ request }: JsonTranslatorOptions, target: Target, call: TranslatedCall): TranslatedCall {
  const { path, headerLines, body, bodyHash, dropped } = call
  const lines = forwardedLines(request.head) + headerLines
  return { path: addressOf(target, path), headerLines: lines, body, bodyHash, dropped }
}

export function workOf({ request, jobs }: JsonTranslatorOptions): LargeWork {
  return { jobs, owner: request.caller, operation: request.operation.name }
}
