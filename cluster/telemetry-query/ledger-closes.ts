// The months of the ledger as all keepers have them: whose answer counts for each partition, and who lacks the close of a month.
import type { AnsweredPartition, PartAnswer } from '../../shared/telemetry/answers/answer-part.ts'
import type { ClosedMonth, PartitionMonths } from '../../shared/telemetry/answers/ledger-months.ts'
import type { LedgerCloseQuery } from '../../shared/telemetry/ledger-queries.ts'
import { candidatesFor } from './choose-keepers.ts'

export interface HeardMonths {
  readonly node: string
  readonly boot: string
  readonly partitions: readonly AnsweredPartition[]
  readonly months: readonly PartitionMonths[]
}

export interface ChosenMonths {
  readonly state: AnsweredPartition
  readonly months: PartitionMonths
}

export function monthsOf({ node, boot, partitions, part }: PartAnswer & { readonly node: string }): HeardMonths {
  return { node, boot, partitions, months: part.type === 'ledger-months' ? part.partitions : [] }
}

/** The answer of the keeper that has most of each partition. Closes that any other one has count as well. */
export function chosenMonths(answers: readonly HeardMonths[]): ChosenMonths[] {
  const heard = answers.map(({ node, partitions }) => ({
    node,
    boot: node,
    ageMs: 0,
    partitions: partitions.map((state) => ({ ...state, sequence: 0 })),
  }))
  const numbers = new Set(answers.flatMap(({ months }) => months.map(({ partition }) => partition)))
  return [...numbers].flatMap((partition) => {
    const [best] = candidatesFor(partition, heard)
    const answer = answers.find(({ node }) => node === best?.node)
    const months = answer?.months.find((one) => one.partition === partition)
    const state = answer?.partitions.find((one) => one.partition === partition)
    if (months === undefined || state === undefined) return []
    return [{ state, months: { ...months, closed: [...closesOf(answers, partition).values()] } }]
  })
}

/** What each keeper has to be told, so that all have the same closes. */
export function lackingCloses(answers: readonly HeardMonths[]): { node: string; closes: LedgerCloseQuery[] }[] {
  return answers.map(({ node, months }) => ({
    node,
    closes: months.flatMap(({ partition, closed }) => {
      const own = new Set(closed.map(({ month }) => month))
      return [...closesOf(answers, partition).values()].filter(({ month }) => !own.has(month)).map(queryOf)
    }),
  }))
}

function closesOf(answers: readonly HeardMonths[], partition: number): Map<string, ClosedMonth> {
  const own = answers.flatMap(({ months }) => months.filter((one) => one.partition === partition))
  return new Map(own.flatMap(({ closed }) => closed.map((close) => [close.month, close] as const)))
}

function queryOf({ partition, month, timeZone, cutMs, rows, missing }: ClosedMonth): LedgerCloseQuery {
  return { type: 'ledger-close', month, timeZone, cutMs, rows: [[partition, rows]], missing }
}
