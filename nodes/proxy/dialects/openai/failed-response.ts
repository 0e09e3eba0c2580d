// The end of a response stream that passes through and fails: callers of the Responses API know a failure by `response.failed` alone.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { isObject } from '../common/body-reader.ts'
import { eventData } from './event-data.ts'

export interface FailedResponse {
  /** The event that announced the response, as latin1; undefined: none did. */
  readonly announced: string | undefined
  /** The last event that was forwarded, as latin1. */
  readonly last: string | undefined
  readonly code: string
  readonly message: string
}

export function printFailedResponse({ announced, last, code, message }: FailedResponse): string {
  const response = { ...responseIn(announced), status: 'failed', error: { code, message } }
  const event = { type: 'response.failed', sequence_number: sequenceAfter(last), response }
  return `event: response.failed\ndata: ${JSON.stringify(event)}\n\n`
}

function responseIn(announced: string | undefined): JsonObject {
  const data = announced === undefined ? undefined : eventData(announced)
  const response = isObject(data) ? data['response'] : undefined
  return isObject(response) ? response : { object: 'response', output: [] }
}

function sequenceAfter(last: string | undefined): number {
  const data = last === undefined ? undefined : eventData(last)
  const sequence = isObject(data) ? data['sequence_number'] : undefined
  return typeof sequence === 'number' ? sequence + 1 : 0
}
