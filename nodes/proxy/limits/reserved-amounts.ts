// What a request may use, estimated before it is sent: limits reserve it, and settle on what was really used.

import { fieldOf } from '../../../shared/json/body-fields.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { pricesAt } from '../../../shared/models/dated-prices.ts'
import { costOf, type Price } from '../../../shared/models/price.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { geminiNumbers } from '../request/gemini-numbers.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import type { OutputLengths } from './output-lengths.ts'

export interface ReservedAmounts {
  readonly input: number
  readonly output: number
  readonly nanoUsd: number
}

/** Bytes of text for a token, on the average of languages and code. */
const bytesPerToken = 3.6

const outputCaps = [fieldOf.max_tokens, fieldOf.max_completion_tokens, fieldOf.max_output_tokens, fieldOf.n_predict]

export function reservedAmounts(
  { operation, body, snapshot, receivedAtMs }: AuthenticatedRequest,
  { facts, hasConversation }: InferenceRequest,
  lengths: OutputLengths,
): ReservedAmounts {
  // A request for a count of tokens uses none.
  if (operation.counts !== undefined || facts.body.type === 'form') return { input: 0, output: 0, nanoUsd: 0 }
  const { scan } = facts.body
  const input = Math.ceil(Math.min(scan.textBytes, body.bytes.length) / bytesPerToken)
  const google = operation.dialect === 'gemini' ? geminiNumbers(scan) : undefined
  const answers = google?.answers ?? answersOf(scan)
  const cap = google === undefined ? capOf(scan) : largest(google.caps)
  const writes = hasConversation || operation.input?.member === 'prompt'
  const output = writes ? Math.ceil(Math.min(cap, lengths.expected(facts.model)) * answers) : 0
  const target = snapshot.routeOf(facts.model)?.targets[0]?.target
  const price = target === undefined ? undefined : pricesAt(target, receivedAtMs).price
  return { input, output, nanoUsd: estimatedCost(price, input, output) }
}

function answersOf(scan: BodyScan): number {
  return Math.max(1, scan.amountAt(fieldOf.n) || 1, scan.amountAt(fieldOf.best_of) || 1)
}

/** The largest cap counts, because an upstream may take any. One of 0 or less, or that is no number, is none. */
function capOf(scan: BodyScan): number {
  let most = 0
  for (const field of outputCaps) {
    const cap = scan.amountAt(field)
    if (cap === undefined) continue
    if (!(cap > 0)) return Number.POSITIVE_INFINITY
    most = Math.max(most, cap)
  }
  return most === 0 ? Number.POSITIVE_INFINITY : most
}

function largest(caps: readonly number[]): number {
  return caps.length > 0 && caps.every((cap) => cap > 0) ? Math.max(...caps) : Number.POSITIVE_INFINITY
}

/** The same for an attempt at a target, which has a price of its own. */
export function priceOfAmounts({ input, output }: ReservedAmounts, price: Price | undefined): ReservedAmounts {
  return { input, output, nanoUsd: estimatedCost(price, input, output) }
}

function estimatedCost(price: Price | undefined, input: number, output: number): number {
  return costOf(price, { input, output, cached: 0 }, undefined) ?? 0
}
