// Answers to what is asked over the bus: as parts, which whoever asks several aggregators puts together, or as a whole.
import { encodeJson } from '../../../cluster/bus/bus.ts'
import type { PublishedWatch } from '../../../cluster/membership/published-watch.ts'
import type { Clock } from '../../../shared/clock.ts'
import { type AnsweredPartition, type AnswerPart, encodePart } from '../../../shared/telemetry/answers/answer-part.ts'
import { type Around, mergedAnswer, metricsAnswer } from '../../../shared/telemetry/answers/merged-answer.ts'
import type { Fleet } from '../../../shared/telemetry/fleet.ts'
import type { LedgerQuestion } from '../../../shared/telemetry/ledger-queries.ts'
import type { AggregatorQuery } from '../../../shared/telemetry/records.ts'
import type { Folds } from '../fold.ts'
import type { MacKeys } from '../ledger/chain.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { recent, sinceStart } from '../measures-of.ts'
import type { UsageCommitter } from '../usage-committer.ts'
import { LedgerAnswers } from './ledger.ts'
import { History } from './requests.ts'
import { usagePart } from './usage.ts'

export interface AnswersOptions {
  committer: UsageCommitter
  folds: Folds
  ledger: Ledger
  ledgerKeys: MacKeys
  fleet: Fleet
  published: PublishedWatch
  clock: Clock
  /** The partitions that this aggregator keeps now. */
  kept: () => readonly AnsweredPartition[]
  boot: string
}

export class Answers {
  readonly #options: AnswersOptions
  readonly #history: History
  readonly #ledger: LedgerAnswers

  constructor(options: AnswersOptions) {
    this.#options = options
    this.#history = new History(() => options.committer)
    const { committer, ledger, ledgerKeys: keys, boot, clock } = options
    this.#ledger = new LedgerAnswers({ committer, ledger, keys, boot, wallMs: () => clock.wallMs() })
  }

  /** `PartAnswer` in msgpack, of those partitions that are asked for and kept here. */
  part(query: AggregatorQuery): Uint8Array {
    const { kept, boot } = this.#options
    const partitions = kept().filter(({ partition }) => query.partitions?.includes(partition) !== false)
    const numbers = partitions.map(({ partition }) => partition)
    return encodePart({ boot, partitions, part: this.#part(query, numbers) })
  }

  /** JSON as the admin API shows it; metrics as text. */
  whole(query: AggregatorQuery): Uint8Array {
    const { kept, folds } = this.#options
    const partitions = kept().map(({ partition }) => partition)
    if (query.type === 'metrics') {
      return new TextEncoder().encode(metricsAnswer(sinceStart(folds.among(partitions)), this.#around()))
    }
    return encodeJson(mergedAnswer(query, [this.#part(query, partitions)], this.#around()))
  }

  #part(query: AggregatorQuery, partitions: readonly number[]): AnswerPart {
    const { committer, folds, clock } = this.#options
    switch (query.type) {
      case 'usage': {
        const unstored = [...folds.among(partitions)].map((fold) => fold.usage.cells())
        return usagePart(query, partitions, { unstored, store: committer.store, wallMs: clock.wallMs() })
      }
      case 'requests': {
        const page = this.#history.page(query, partitions)
        return page.ok ? { type: 'requests', ...page.value } : { type: 'problem', ...page.error }
      }
      case 'request': {
        const found = this.#history.find(query.id, partitions)
        return { type: 'request', ...(found === undefined ? {} : { found: { ...found } }) }
      }
      case 'targets':
        return { type: 'targets', recent: recent(folds.among(partitions), folds.slot()).encode() }
      case 'metrics': {
        const measured = partitions.map((partition): [number, Uint8Array] => [
          partition,
          sinceStart(folds.among([partition])).encode(),
        ])
        return { type: 'metrics', partitions: measured }
      }
      case 'ledger':
      case 'ledger-sums':
      case 'ledger-months':
      case 'ledger-close':
      case 'ledger-verify':
        return this.#ledgerPart(query, partitions)
      default:
        query satisfies never
        return { type: 'problem', problem: 'is not a query of this version', path: 'type' }
    }
  }

  #ledgerPart(query: LedgerQuestion, partitions: readonly number[]): AnswerPart {
    const caughtUp = this.#options.kept().filter(({ isCaughtUp }) => isCaughtUp)
    return this.#ledger.part(
      query,
      partitions,
      caughtUp.map(({ partition }) => partition).filter((partition) => partitions.includes(partition)),
    )
  }

  #around(): Around {
    const { fleet, published, clock } = this.#options
    return {
      wallMs: clock.wallMs(),
      heartbeats: fleet.heartbeats(),
      targets: fleet.targets(),
      weights: published.weights,
      published: { state: published.state?.message, weights: published.weights?.message },
    }
  }
}
