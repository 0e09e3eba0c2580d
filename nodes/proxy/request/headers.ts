// What a caller's headers say: what goes on to an upstream, and what it wants of the gateway.
import { parseDurationMs } from '../../../shared/units.ts'
import type { RequestHead } from '../http/http.ts'
import type { Operation } from '../operations/operation.ts'

/** The caller's headers that mean something to an upstream, to any or to one of its own dialect. None carries a credential. */
const forwardedNames = ['idempotency-key', 'traceparent', 'tracestate'] as const
const passThroughNames = { openai: ['openai-beta'], anthropic: ['anthropic-beta'], gemini: [] } as const
const anthropicVersionNames = ['anthropic-version'] as const
const anthropicVersion = '2023-06-01'

/** Lines that go on to any upstream. */
export function forwardedLines(head: RequestHead): string {
  return linesOf(head, forwardedNames)
}

/** Lines and the query that go on to an upstream of the caller's own dialect. The query begins with its question mark. */
export function passThroughHeaders(head: RequestHead, { errors }: Operation): { lines: string; query: string } {
  let lines = linesOf(head, forwardedNames) + linesOf(head, passThroughNames[errors])
  if (errors !== 'anthropic') return { lines, query: '' }
  lines += linesOf(head, anthropicVersionNames) || `anthropic-version: ${anthropicVersion}\r\n`
  // Anthropic's SDK marks beta requests in the URL as well.
  return { lines, query: head.query === 'beta=true' ? '?beta=true' : '' }
}

/** The header in which a caller asks for beta features of Anthropic's API. */
export function betasIn(head: RequestHead, { errors }: Operation): string | undefined {
  return errors === 'anthropic' ? head.header('anthropic-beta') : undefined
}

export function linesOf(head: RequestHead, names: readonly string[]): string {
  let lines = ''
  for (const name of names) {
    const value = head.header(name)
    if (value !== undefined && /^[\t\x20-\x7e]*$/.test(value)) lines += `${name}: ${value}\r\n`
  }
  return lines
}

export function durationHeader(head: RequestHead, name: string): number | undefined {
  const text = head.header(name)
  return text === undefined ? undefined : parseDurationMs(text)
}

/** The number of extra attempts that a caller asks for, 0 to 10; undefined for anything else. */
export function smallInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^(\d|10)$/.test(text) ? Number(text) : undefined
}

/** Whether the body is a form: any other that is not JSON was rejected by its media type. */
export function isForm({ contentType }: RequestHead): boolean {
  return contentType !== undefined && /^\s*multipart\/form-data\s*(;|$)/i.test(contentType)
}

/** The error of a body that had to be a form. */
export const formExpected = {
  type: 'unsupported-media-type',
  message: 'Send the header content-type: multipart/form-data.',
} as const
