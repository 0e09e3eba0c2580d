// Questions about the ledger. What waits for a commit is committed first, so that an answer has all that usage has.
import type { DatabaseSync } from 'node:sqlite'
import type { AnswerPart } from '../../../shared/telemetry/answers/answer-part.ts'
import { readLedgerMonths } from '../../../shared/telemetry/answers/ledger-months.ts'
import { readLedgerList } from '../../../shared/telemetry/answers/ledger-question.ts'
import { readLedgerSums } from '../../../shared/telemetry/answers/ledger-sums.ts'
import { readCursor } from '../../../shared/telemetry/answers/ledger-verify.ts'
import type { LedgerQuestion } from '../../../shared/telemetry/ledger-queries.ts'
import { monthNamed } from '../../../shared/time/calendar-month.ts'
import type { MacKeys } from '../ledger/chain.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type LedgerRead, ledgerPage } from '../ledger/ledger-list.ts'
import { monthsOf, totalsText } from '../ledger/month-totals.ts'
import { sumRows } from '../ledger/sum-rows.ts'
import { verifySlice } from '../ledger/verify.ts'
import type { UsageCommitter } from '../usage-committer.ts'

export interface LedgerAnswersOptions {
  readonly committer: UsageCommitter
  readonly ledger: Ledger
  readonly keys: MacKeys
  readonly boot: string
  wallMs(): number
}

const unreadable: AnswerPart = { type: 'problem', problem: 'the database of usage cannot be opened', path: '' }

export class LedgerAnswers {
  readonly #options: LedgerAnswersOptions

  constructor(options: LedgerAnswersOptions) {
    this.#options = options
  }

  /** `caughtUp`: those of the partitions whose records are all here. */
  part(query: LedgerQuestion, partitions: readonly number[], caughtUp: readonly number[]): AnswerPart {
    const { committer, ledger } = this.#options
    committer.commit()
    const database = committer.store?.database
    if (database === undefined) return unreadable
    const read = { database, closesOf: (partition: number) => ledger.closesOf(partition) }
    switch (query.type) {
      case 'ledger': {
        const list = readLedgerList(query)
        if (!list.ok) return { type: 'problem', ...list.error }
        return { type: 'ledger', page: ledgerPage(read, list.value, partitions) }
      }
      case 'ledger-sums': {
        const question = readLedgerSums(query)
        if (!question.ok) return { type: 'problem', ...question.error }
        return { type: 'ledger-sums', rows: sumRows(database, question.value, partitions) }
      }
      case 'ledger-months':
        return this.#months(query, read, partitions)
      case 'ledger-close':
        return this.#close(query, query.evenIfBehind === true ? partitions : caughtUp)
      case 'ledger-verify':
        return this.#verify(query, database, partitions)
      default:
        query satisfies never
        return unreadable
    }
  }

  #months(
    query: LedgerQuestion & { type: 'ledger-months' },
    read: LedgerRead,
    partitions: readonly number[],
  ): AnswerPart {
    const zone = partitions.flatMap((partition) => read.closesOf(partition))[0]?.timeZone
    const question = readLedgerMonths(query, { zone, wallMs: this.#options.wallMs() })
    if (!question.ok) return { type: 'problem', ...question.error }
    return { type: 'ledger-months', partitions: monthsOf(read, question.value, partitions) }
  }

  /** Durable before it is told. */
  #close(query: LedgerQuestion & { type: 'ledger-close' }, partitions: readonly number[]): AnswerPart {
    const { committer, ledger } = this.#options
    const { timeZone, cutMs, missing } = query
    const month = monthNamed(timeZone, query.month)
    if (month === undefined) return { type: 'problem', problem: 'is not a month', path: 'month' }
    for (const [partition, rows] of query.rows) {
      if (partitions.includes(partition)) {
        ledger.close(partition, { ...month, timeZone, cutMs, totals: totalsText(rows, missing) })
      }
    }
    committer.commit()
    const closed = partitions.filter((partition) => ledger.closesOf(partition).some(({ name }) => name === month.name))
    return { type: 'ledger-closed', partitions: [...closed] }
  }

  #verify(
    query: LedgerQuestion & { type: 'ledger-verify' },
    database: DatabaseSync,
    partitions: readonly number[],
  ): AnswerPart {
    const { keys, boot } = this.#options
    const { partition, after } = query
    if (!partitions.includes(partition)) return { type: 'ledger-verify' }
    const at = after === undefined ? undefined : readCursor(after)
    if (after !== undefined && at === undefined) return { type: 'problem', problem: 'is not a cursor', path: 'after' }
    return { type: 'ledger-verify', slice: { ...verifySlice({ database, keys, partition }, at), partition, boot } }
  }
}
