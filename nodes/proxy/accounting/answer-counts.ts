// Counts of a proxy's answers: of errors, by code, and of answers whose cost nobody knows, by model.
import type { Notify } from '../../../shared/notice.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import type { Outcome } from './outcome.ts'

/** Callers may ask for any model of a provider: beyond this many names, they are counted together. */
const modelsMax = 256
const others = 'other'

export class AnswerCounts {
  readonly #rejections = new Map<string, number>()
  readonly #unpriced = new Map<string, number>()
  readonly #notify: Notify

  constructor(notify: Notify) {
    this.#notify = notify
  }

  /** What heartbeats tell. */
  facts(): { readonly rejections: ReadonlyMap<string, number>; readonly unpriced: ReadonlyMap<string, number> } {
    return { rejections: this.#rejections, unpriced: this.#unpriced }
  }

  /** Counts an error that a caller was told. */
  readonly countRejection = (code: string): void => {
    this.#rejections.set(code, (this.#rejections.get(code) ?? 0) + 1)
  }

  /** Looks at how a request ended. */
  look({ costNanoUsd, model, attempts }: Pick<Outcome, 'costNanoUsd' | 'model' | 'attempts'>): void {
    // Requests for files and batches have no model.
    if (costNanoUsd === undefined && model !== '') this.#count(model, attempts.at(-1))
  }

  /** The operator is told of each model once. */
  #count(model: string, last: AttemptRecord | undefined): void {
    const known = this.#unpriced.get(model)
    const name = known === undefined && this.#unpriced.size >= modelsMax ? others : model
    this.#unpriced.set(name, (this.#unpriced.get(name) ?? 0) + 1)
    if (known !== undefined || name === others) return
    this.#notify({ type: 'model-unpriced', model, provider: last?.provider ?? '', target: last?.target ?? '' })
  }
}
