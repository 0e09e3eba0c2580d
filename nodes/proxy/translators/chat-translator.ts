// The caller's dialect is not the upstream's: the request was printed anew, and what comes back is parsed and printed for
// the caller.
import { answerBytes } from '../../../shared/chat/estimate.ts'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { isRewritten, restoreAnswer } from '../../../shared/chat/tool-forms.ts'
import { tierOf } from '../../../shared/chat/usage.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import { unlessTooDeep } from '../dialects/depth-guard.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import { filterAnswer } from '../streams/answer-filter.ts'
import type { AnswerStream, StreamOptions } from '../streams/answer-stream.ts'
import { TranslatedStream, type Translation } from '../streams/translated-stream.ts'
import { ProviderErrors } from './provider-errors.ts'
import type { Translator, WholeAnswer } from './translator.ts'

export class ChatTranslator implements Translator {
  readonly passesThrough = false
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly dropped: string
  readonly #translation: Translation
  readonly #errors: ProviderErrors

  constructor(translation: Translation, path: string, headerLines: string, dropped: readonly string[]) {
    this.#translation = translation
    this.#errors = new ProviderErrors(translation.upstream, translation.errors)
    this.path = path
    this.headerLines = headerLines + translation.printed.headerLines
    this.body = [Buffer.from(translation.printed.body)]
    this.dropped = dropped.join(', ')
  }

  get estimatedInput(): number {
    return this.#translation.facts.estimatedInput
  }

  get serviceTier(): string | undefined {
    const { printed, facts } = this.#translation
    const isDropped = printed.dropped.some((one) => 'parameter' in one && one.parameter === 'serviceTier')
    return isDropped ? undefined : tierOf(facts.request.parameters.serviceTier)
  }

  get streamType(): string {
    return this.#translation.upstream.streamType
  }

  readAnswer(bytes: Buffer): WholeAnswer | undefined {
    const { inbound, upstream, printed, facts, filters } = this.#translation
    return unlessTooDeep(undefined, () => {
      const value = tryParseExact(bytes.toString('utf8'))
      if (typeof value !== 'object' || value === null) return undefined
      const answer = upstream.parseAnswer(value as JsonObject, printed)
      if (answer === undefined) return undefined
      const restored = isRewritten(printed) ? restoreAnswer(answer, printed) : answer
      const told = filterAnswer(filters, restored)
      if (told === undefined) return undefined
      facts.stored?.take(told.choices[0]?.parts ?? [], facts.request.echo?.['input'])
      const { usage } = answer
      const textBytes = usage === undefined ? answerBytes(told) : 0
      return { body: inbound.printAnswer(told, facts), contentType: 'application/json', usage, textBytes }
    })
  }

  openStream(options: StreamOptions): AnswerStream {
    return new TranslatedStream(this.#translation, options)
  }

  failureWithin(bytes: Buffer): UpstreamFailure {
    return this.#errors.failureWithin(bytes)
  }

  failureOf(answer: ErrorAnswer): UpstreamFailure {
    return this.#errors.failureOf(answer)
  }

  forwardError(answer: ErrorAnswer, requestId: string): ForwardedError {
    return this.#errors.forwardError(answer, requestId)
  }
}
