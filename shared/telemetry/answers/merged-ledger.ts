// Merges the parts of an answer about the ledger.
import type { LedgerQuestion } from '../ledger-queries.ts'
import type { AnswerPart } from './answer-part.ts'
import { mergedLedgerMonths, type PartitionMonths, readLedgerMonths } from './ledger-months.ts'
import { mergedLedger } from './ledger-pages.ts'
import { mergedLedgerSums, readLedgerSums } from './ledger-sums.ts'

export function mergedLedgerAnswer(
  question: LedgerQuestion,
  parts: readonly AnswerPart[],
  wallMs: number,
): Record<string, unknown> {
  switch (question.type) {
    case 'ledger':
      return {
        ...mergedLedger(
          parts.flatMap((part) => (part.type === 'ledger' ? [part.page] : [])),
          question.limit,
        ),
      }
    case 'ledger-sums': {
      const read = readLedgerSums(question)
      if (!read.ok) return { ...read.error }
      return mergedLedgerSums(
        read.value,
        parts.flatMap((part) => (part.type === 'ledger-sums' ? part.rows : [])),
      )
    }
    case 'ledger-months': {
      const months = monthsIn(parts)
      const read = readLedgerMonths(question, { zone: zoneOf(months), wallMs })
      return read.ok ? { ...mergedLedgerMonths(read.value, months), partitions: months } : { ...read.error }
    }
    case 'ledger-close':
      return { closed: parts.flatMap((part) => (part.type === 'ledger-closed' ? part.partitions : [])) }
    case 'ledger-verify': {
      const slice = parts.flatMap((part) => (part.type === 'ledger-verify' ? (part.slice ?? []) : []))[0]
      return slice === undefined ? { missing: true } : { ...slice }
    }
    default:
      question satisfies never
      return { problem: 'is not a question of this version', path: 'type' }
  }
}

export function monthsIn(parts: readonly AnswerPart[]): PartitionMonths[] {
  return parts.flatMap((part) => (part.type === 'ledger-months' ? part.partitions : []))
}

/** The time zone of the months that are closed. */
export function zoneOf(months: readonly PartitionMonths[]): string | undefined {
  return months.flatMap(({ closed }) => closed)[0]?.timeZone
}
