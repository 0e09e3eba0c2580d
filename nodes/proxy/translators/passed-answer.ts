// What is told of an answer whose bytes pass through. Nothing here depends on where it runs.
import type { Usage } from '../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { bodyTextBytes } from '../dialects/common/answer-text.ts'
import type { Operation } from '../operations/operation.ts'
import { isAnswer } from './judge-answer.ts'
import { type ChargedBeside, reportedUsage } from './reported-usage.ts'

export interface PassedAnswer {
  readonly usage: Usage | undefined
  readonly textBytes: number
  readonly units: BillableUnits | undefined
}

/** Undefined where the bytes are no answer. */
export function passedAnswer(
  operation: Operation,
  bytes: Buffer,
  price: ChargedBeside | undefined,
): PassedAnswer | undefined {
  if (!isAnswer(operation, bytes)) return undefined
  const usage = reportedUsage(operation, bytes, price)
  const { units } = operation
  if (units !== undefined) return { usage, textBytes: 0, units: units.ofAnswer(bytes) }
  return { usage, textBytes: usage === undefined ? bodyTextBytes(bytes) : 0, units: undefined }
}
