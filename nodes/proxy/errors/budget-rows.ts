// The rows of requests that a budget does not pay for.
import { invalid, passing, type Row, row, shown } from './error-row.ts'
import type { BudgetError, ExhaustedError } from './gateway-error.ts'

const nanoPerUsd = 1e9
const reservedWaitMs = 1_000

export const budgetRows = {
  'budget-exceeded': exceededRow,
  /** Told in a stream whose format has no end for an answer that is too long. */
  'budget-exhausted': ({ name }: Extract<ExhaustedError, { type: 'budget-exhausted' }>) =>
    row(
      429,
      'insufficient_quota',
      'budget_exhausted',
      `The budget ${shown(name)} does not pay for more of this answer.`,
    ),
  'budget-away': ({ budget }: Extract<BudgetError, { type: 'budget-away' }>) =>
    passing(
      row(
        503,
        'server_error',
        'budget_unavailable',
        `How much is left of the budget ${shown(budget)} cannot be asked now. Try again after the time given.`,
      ),
      1_000,
    ),
  'journal-away': passing(
    row(
      503,
      'server_error',
      'journal_unavailable',
      'Requests are journaled before they are sent here, and the disk does not take it. Try again after the time given.',
    ),
    5_000,
  ),
  'cost-unbounded': ({ budget, why }: Extract<BudgetError, { type: 'cost-unbounded' }>) =>
    row(
      400,
      invalid,
      'cost_unbounded',
      `The budget ${shown(budget)} is hard, and the cost of this request has no bound: ${why}.`,
    ),
}

function exceededRow(error: Extract<BudgetError, { type: 'budget-exceeded' }>): Row {
  const { budget, window, limitNanoUsd, spentNanoUsd, reservedNanoUsd, boundNanoUsd, resetsAtMs, isReserved } = error
  const what = `The budget ${shown(budget)} of ${usd(limitNanoUsd)} USD in ${window}`
  const state = `${usd(spentNanoUsd)} USD are spent, ${usd(reservedNanoUsd)} USD are reserved`
  const reset = new Date(resetsAtMs).toISOString()
  const found = (message: string) => row(429, 'insufficient_quota', 'budget_exceeded', message)
  if (!isReserved) {
    const most = `The request can cost up to ${usd(boundNanoUsd)} USD, less with a lower cap of the answer.`
    return found(`${what} does not pay for this request: ${state}. It resets at ${reset}. ${most}`)
  }
  const busy = found(`${what} is reserved by requests that are not finished: ${state}. It resets at ${reset}.`)
  return { ...busy, retry: true, retryAfterMs: reservedWaitMs }
}

function usd(nanoUsd: number): string {
  return String(Number((nanoUsd / nanoPerUsd).toFixed(9)))
}
