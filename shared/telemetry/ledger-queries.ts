// What control nodes ask aggregators about the ledger of money.

/** The names by which money is summed and looked for. */
export const ledgerOwners = ['key', 'team', 'user', 'app', 'costCenter'] as const
export type LedgerOwner = (typeof ledgerOwners)[number]

export const ledgerFilters = [
  ...ledgerOwners,
  ...(['model', 'provider', 'target', 'requestId', 'settlement', 'kind'] as const),
] as const
export type LedgerFilter = (typeof ledgerFilters)[number]

export type LedgerQuestion =
  | LedgerListQuery
  | LedgerSumsQuery
  | LedgerMonthsQuery
  | LedgerCloseQuery
  | LedgerVerifyQuery

/** A page of events, newest first. */
export interface LedgerListQuery {
  type: 'ledger'
  limit: number
  before?: string
  fromMs?: number
  toMs?: number
  filter?: Readonly<Partial<Record<LedgerFilter, string>>>
}

export interface LedgerSumsQuery {
  type: 'ledger-sums'
  groupBy: readonly string[]
  /** Whole quarters of an hour. */
  fromMs: number
  toMs: number
}

export interface LedgerMonthsQuery {
  type: 'ledger-months'
  /** Absent: that of the months that are closed, or UTC. */
  timeZone?: string
  /** The first and the last month; absent: that before the present one, and the present one. */
  from?: string
  to?: string
  /** Only what was booked before this time. */
  cutMs?: number
}

/** What a cost centre has cost in a month. `corrects`: the closed month that was corrected by it; '' for what belongs to the month. */
export type MonthRow = readonly [costCenter: string, corrects: string, events: string, cost: string, saved: string]

/** Closes a month in the partitions of `rows`, where it is not closed. */
export interface LedgerCloseQuery {
  type: 'ledger-close'
  month: string
  timeZone: string
  /** Events that were booked before it belong to the month. */
  cutMs: number
  rows: readonly (readonly [partition: number, rows: readonly MonthRow[]])[]
  /** What was missing when the totals were made. */
  missing: readonly string[]
  /** Also in partitions whose records are not all here. */
  evenIfBehind?: true
}

export interface LedgerVerifyQuery {
  type: 'ledger-verify'
  partition: number
  /** `next` of the slice before. */
  after?: string
}
