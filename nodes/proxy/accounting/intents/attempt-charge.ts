// What one attempt may cost, and the intent that stands for it until its record is safe.

import type { Target } from '../../providers/endpoint.ts'
import type { PlannedAttempt } from '../../routing/attempt-plan.ts'
import type { RecordedRequest } from '../request-records.ts'
import { Intent } from './intent.ts'
import type { Intents } from './intents.ts'

/** Nano-dollars; undefined where nothing bounds it. It reads the body, which must still be there. */
export type CostBoundOf = (target: Target) => number | undefined

export interface Charge {
  /** Whether any byte of the attempt was sent. */
  readonly isSent: boolean
  /** False where providers charge nothing. */
  readonly isCharged: boolean
  /** What a hard budget has reserved for the attempt; undefined where none pays. */
  readonly reservedNanoUsd: number | undefined
  /** The most that the attempt can cost. The first call reads the body of the request. */
  bound(): number | undefined
  /** What stands for the attempt; undefined where nothing is charged, or nothing is journaled. */
  readonly intent: Intent | undefined
}

export interface ChargedAttempt {
  readonly request: RecordedRequest
  /** The model that was asked for. */
  readonly model: string
  readonly planned: PlannedAttempt<Target>
  readonly index: number
  readonly stream: boolean
  /** Absent where nothing is charged. */
  readonly costBound?: CostBoundOf | undefined
  /** See `Charge`. */
  readonly reservedNanoUsd?: number | undefined
}

export const uncharged: Charge = {
  isSent: false,
  isCharged: false,
  reservedNanoUsd: undefined,
  bound: () => 0,
  intent: undefined,
}

export class AttemptCharge implements Charge {
  intent: Intent | undefined
  readonly #attempt: ChargedAttempt
  readonly #sent: { readonly isSent: boolean }
  #bound: number | undefined | 'not-asked' = 'not-asked'

  constructor(attempt: ChargedAttempt, sent: { readonly isSent: boolean }) {
    this.#attempt = attempt
    this.#sent = sent
  }

  get isSent(): boolean {
    return this.#sent.isSent
  }

  get isCharged(): boolean {
    return this.#attempt.costBound !== undefined
  }

  get reservedNanoUsd(): number | undefined {
    return this.#attempt.reservedNanoUsd
  }

  bound(): number | undefined {
    const { costBound, planned } = this.#attempt
    if (this.#bound === 'not-asked') this.#bound = costBound === undefined ? 0 : costBound(planned.target)
    return this.#bound
  }

  /** Journals that the attempt is about to be sent, and lets it go: at once, or when that is on the disk. False: it must not go. */
  begin(intents: Intents | undefined, then: (mayGo: boolean) => void): void {
    if (intents !== undefined) this.#note(intents)
    if (intents?.isStrict === true && this.intent !== undefined) intents.whenSynced(then)
    else then(true)
  }

  #note(intents: Intents): void {
    const { costBound, planned, request, model, index, stream } = this.#attempt
    if (costBound === undefined || !isPriced(planned.target)) return
    const bound = this.bound()
    if (bound === 0) return
    this.intent = new Intent({ request, model, planned, index, stream, bound })
    intents.open(this.intent)
  }
}

function isPriced({ kind, price, unitPrice }: Target): boolean {
  return kind !== 'demo' && (price !== undefined || unitPrice !== undefined)
}
