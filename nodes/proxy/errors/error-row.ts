// A row of the error table, and what rows are made with.
import type { HeaderLines } from '../http/http.ts'

export interface Row {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly retry: boolean
  readonly message: string
  readonly param?: string | undefined
  readonly retryAfterMs?: number
  readonly headers?: HeaderLines
}

/** A row that every error of a type shares, or the row of one error. */
export type RowOf<Kind> = Row | ((error: Kind) => Row)

export const invalid = 'invalid_request_error'

/** Marks an error that passes by itself. */
export function passing(found: Row, retryAfterMs: number): Row {
  return { ...found, retry: true, retryAfterMs }
}

export function row(status: number, type: string, code: string, message: string): Row {
  return { status, type, code, retry: false, message }
}

/** Adds the name of a parameter. Callers may have made it up, so it is repeated as other input is. */
export function withParam(found: Row, param: string | undefined): Row {
  return { ...found, param: param === undefined ? undefined : brief(param) }
}

export function shown(text: string): string {
  return `\`${brief(text)}\``
}

/** Names in a list, the first ten of them. */
export function shownList(names: readonly string[]): string {
  const first = names.slice(0, namesMax).map(shown).join(', ')
  return names.length > namesMax ? `${first} and ${names.length - namesMax} more` : first
}

const namesMax = 10

/** Input as it is repeated: at most 64 characters long and without control characters. */
export function brief(text: string): string {
  const start = text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')
  return text.length > 64 ? `${start}…` : start
}
