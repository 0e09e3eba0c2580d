// Watches the stream of one attempt for the holds that charge it while it runs.
import { bytesPerToken } from '../../../shared/chat/estimate.ts'
import type { Hold, StreamWatch, WatchedStream } from '../accounting/outcome.ts'
import type { ExhaustedError } from '../errors/gateway-error.ts'
import type { AnswerStream } from '../streams/answer-stream.ts'

export class AttemptWatch {
  /** Whether it may end the stream. */
  readonly mayCut: boolean
  readonly #watches: readonly StreamWatch[]
  readonly #bytesPerToken: number

  constructor(watches: readonly StreamWatch[], { target }: WatchedStream) {
    this.#watches = watches
    this.mayCut = watches.some(({ mayCut }) => mayCut)
    this.#bytesPerToken = bytesPerToken(target.model)
  }

  /** Looks how much has come. Returns the error for which the stream ends now. A stream that only lacks its end is left to it. */
  look(stream: Pick<AnswerStream, 'outputSoFar' | 'complete'>): ExhaustedError | undefined {
    const output = stream.outputSoFar(this.#bytesPerToken)
    let exhausted: ExhaustedError | undefined
    for (const watch of this.#watches) {
      const error = watch.look(output)
      exhausted ??= error
    }
    return stream.complete ? undefined : exhausted
  }
}

/** Undefined where no hold charges the stream while it runs. */
export function watchOf(holds: readonly Hold[] | undefined, stream: WatchedStream): AttemptWatch | undefined {
  if (holds === undefined || holds.length === 0) return undefined
  const watches = holds.flatMap((hold) => hold.watch?.(stream) ?? [])
  return watches.length === 0 ? undefined : new AttemptWatch(watches, stream)
}
