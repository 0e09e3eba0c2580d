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

export function withParam(found: Row, param: string | undefined): Row {
  return { ...found, param }
}

/** Input is repeated at most 64 characters long and without control characters. */
export function shown(text: string): string {
  const printable = /^[\x20-\x7e]*$/.test(text) ? text : text.replace(/[^\x20-\x7e]/g, '?')
  return `\`${printable.length > 64 ? `${printable.slice(0, 64)}…` : printable}\``
}
