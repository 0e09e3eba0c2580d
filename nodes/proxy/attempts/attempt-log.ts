// The records of the attempts of one request.
import type { AttemptOutcome, AttemptRecord } from '../../../shared/telemetry/records.ts'
import { settledAttempt } from '../accounting/attempt-end.ts'
import type { Intent } from '../accounting/intents/intent.ts'
import type { Intents } from '../accounting/intents/intents.ts'
import { type RecordedRequest, recordOfAttempt } from '../accounting/request-records.ts'
import type { Used } from '../accounting/usage-meter.ts'
import type { RunningAttempt } from './running-attempt.ts'

export interface LoggedEnd {
  /** Undefined when nothing is known of what was used. */
  readonly used: Used | undefined
  readonly nowMs: number
  /** What the upstream said of its own failure. */
  readonly said?: string | undefined
}

const noAttempts: readonly AttemptRecord[] = []

export class AttemptLog {
  readonly #request: RecordedRequest
  readonly #stream: boolean
  readonly #journal: Intents | undefined
  #records: AttemptRecord[] | undefined
  #intents: Intent[] | undefined

  constructor(request: RecordedRequest, stream: boolean, journal: Intents | undefined) {
    this.#request = request
    this.#stream = stream
    this.#journal = journal
  }

  /** What stands for the records; undefined where nothing does. */
  get intents(): readonly Intent[] | undefined {
    return this.#intents
  }

  get records(): readonly AttemptRecord[] {
    return this.#records ?? noAttempts
  }

  /** Records an attempt that has ended. */
  add(attempt: RunningAttempt, outcome: AttemptOutcome, { used, nowMs, said }: LoggedEnd): void {
    const { isSent, intent } = attempt.charge
    const settled = settledAttempt({ outcome, used, isSent, costBound: () => attempt.charge.bound() })
    const end = { ...settled, outcome, stream: this.#stream, upstreamText: said, endedMs: nowMs }
    const record = recordOfAttempt(this.#request, attempt, end)
    attempt.planned.latency?.learn(record, nowMs)
    this.#records ??= []
    this.#records.push(record)
    if (intent === undefined) return
    this.#intents ??= []
    this.#intents.push(intent)
  }

  /** Journals how the last attempt has ended, since the request may go on for a while. */
  noteEnd(): void {
    const record = this.#records?.at(-1)
    const intent = this.#intents?.at(-1)
    if (intent === undefined || record?.index !== intent.facts.index) return
    intent.ended = record
    this.#journal?.update(intent)
  }

  /** Notes that another attempt was due, and was not made because the retry budget of a provider was spent. */
  withholdRetry(): void {
    const failed = this.#records?.at(-1)
    if (failed !== undefined) failed.retryWithheld = true
  }
}
