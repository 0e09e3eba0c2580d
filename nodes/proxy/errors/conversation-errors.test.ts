import { expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { conversationRows } from './conversation-errors.ts'
import type { Row, RowOf } from './error-row.ts'
import type { ConversationError } from './gateway-error.ts'

function rowFor(error: ConversationError): Row {
  const found = conversationRows[error.type] as RowOf<ConversationError>
  return typeof found === 'function' ? found(error) : found
}

test('a store that is away is worth another try in a second', () => {
  expect(rowFor({ type: 'state-away' })).toMatchObject({ status: 503, retry: true, retryAfterMs: 1_000 })
})

test('a chain that is too long is told both its measures and both limits', () => {
  const { message } = rowFor({ type: 'chain-too-long', responses: 257, bytes: 99 })
  for (const number of [257, 99, bounds.responseChainMax, bounds.responseChainBytesMax])
    expect(message).toContain(String(number))
})

test('a response that is not there is 404 by its own path, and 400 where a request continues it', () => {
  expect(rowFor({ type: 'response-unknown', id: 'resp_1', isPrevious: false })).toMatchObject({
    status: 404,
    code: null,
    param: 'response_id',
  })
  expect(rowFor({ type: 'response-unknown', id: 'resp_1', isPrevious: true })).toMatchObject({
    status: 400,
    code: 'previous_response_not_found',
    param: 'previous_response_id',
  })
})

test('an id is told without its control characters', () => {
  expect(rowFor({ type: 'response-unknown', id: 'resp_\n1', isPrevious: true }).message).toBe(
    "Previous response with id 'resp_?1' not found.",
  )
})
