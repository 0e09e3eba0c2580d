// The caller's dialect is not the upstream's: the request was printed anew, and what comes back is parsed and printed for
// the caller.

import { tierOf } from '../../../shared/chat/usage.ts'
import { done, type Result } from '../../../shared/result.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import type { UpstreamFailure } from '../errors/upstream-failure.ts'
import type { JobFailure, JobOwner, Jobs } from '../large/job.ts'
import { upstreamName } from '../providers/upstream-dialects.ts'
import type { AnswerStream, StreamOptions } from '../streams/answer-stream.ts'
import { TranslatedStream, type Translation } from '../streams/translated-stream.ts'
import { readChatJob } from './late/read-answer-jobs.ts'
import { sentFacts } from './late/sent-facts.ts'
import { ProviderErrors } from './provider-errors.ts'
import { readChatAnswer } from './read-answer.ts'
import type { LateAnswer, Translator, WholeAnswer } from './translator.ts'

/** What an upstream is sent. */
export interface TranslatedCall {
  /** The path of the request, with its query. */
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  /** SHA-256 of the body, where it is known. */
  readonly bodyHash?: string | undefined
  /** The dropped parameters, in the caller's words. */
  readonly dropped: readonly string[]
}

/** Whose jobs are done elsewhere, and for which operation. */
export interface LargeWork {
  readonly jobs: Jobs
  readonly owner: JobOwner
  readonly operation: string
}

export class ChatTranslator implements Translator {
  readonly passesThrough = false
  readonly path: string
  readonly headerLines: string
  readonly body: readonly Uint8Array[]
  readonly bodyHash: string | undefined
  readonly dropped: string
  readonly #translation: Translation
  readonly #errors: ProviderErrors
  readonly #work: LargeWork

  constructor(
    translation: Translation,
    { path, headerLines, body, bodyHash, dropped }: TranslatedCall,
    work: LargeWork,
  ) {
    this.#translation = translation
    this.#errors = new ProviderErrors(translation.upstream, translation.errors)
    this.#work = work
    this.path = path
    this.headerLines = headerLines
    this.body = body
    this.bodyHash = bodyHash
    this.dropped = dropped.join(', ')
  }

  get estimatedInput(): number {
    return this.#translation.facts.estimatedInput
  }

  get serviceTier(): string | undefined {
    const { printed, facts } = this.#translation
    const isDropped = printed.dropped.some((one) => 'parameter' in one && one.parameter === 'serviceTier')
    return isDropped ? undefined : tierOf(facts.asked.serviceTier)
  }

  get streamType(): string {
    return this.#translation.upstream.streamType
  }

  readAnswer(bytes: Buffer): WholeAnswer | undefined {
    const read = readChatAnswer(bytes, this.#translation)
    if (read === undefined) return undefined
    const { body, usage, textBytes, parts } = read
    this.#translation.facts.stored?.take(parts)
    return { body, contentType: 'application/json', usage, textBytes }
  }

  /** Reads an answer in another process; undefined where a filter of this one has to see it. */
  readLater(pieces: readonly Buffer[]): LateAnswer | undefined {
    const { upstream, printed, facts, filters } = this.#translation
    const { requestId, nowSeconds, estimatedInput, showUsage, stored } = facts
    const asked = sentFacts(facts.asked)
    if (filters.length > 0 || !asked.ok) return undefined
    const { jobs, owner, operation } = this.#work
    const head = {
      operation,
      upstream: upstreamName(upstream),
      printed,
      facts: { requestId, nowSeconds, estimatedInput, showUsage },
      asked: asked.value,
      storedId: stored?.id,
    }
    const running = jobs.run(readChatJob, { head, bodies: [pieces], owner, isPaid: true })
    const result = running.result.then((read): Result<WholeAnswer | undefined, JobFailure> => {
      if (!read.ok) return read
      const { told, bodies } = read.value
      const [body = [], parts] = bodies
      if (parts !== undefined) stored?.takePrinted(Buffer.concat(parts))
      return done(
        told === undefined ? undefined : { body: Buffer.concat(body), contentType: 'application/json', ...told },
      )
    })
    return { result, cancel: () => running.cancel() }
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
