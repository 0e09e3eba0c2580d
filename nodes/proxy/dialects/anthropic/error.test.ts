import { expect, test } from 'vitest'
import { parseAnthropicError } from './error.ts'

// Types and statuses: https://platform.claude.com/docs/en/api/errors
test.each([
  [400, 'invalid_request_error', 'No.', 'invalid-request'],
  [400, 'invalid_request_error', 'prompt is too long: 3 > 2', 'context-length'],
  [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'quota'],
  [400, 'invalid_request_error', 'You have reached your specified API usage limits.', 'quota'],
  [401, 'authentication_error', 'No.', 'authentication'],
  [401, 'invalid_request_error', 'No.', 'authentication'],
  [402, 'billing_error', 'No.', 'quota'],
  [404, 'not_found_error', 'model: claude-x', 'not-found'],
  [413, 'request_too_large', 'No.', 'too-large'],
  [429, 'rate_limit_error', 'No.', 'rate-limit'],
  [400, 'overloaded_error', 'Overloaded', 'overloaded'],
  [500, 'api_error', 'No.', 'server'],
  [504, 'timeout_error', 'No.', 'timeout'],
  [529, 'overloaded_error', 'Overloaded', 'overloaded'],
])('%i %s with %j is of the kind %s', (status, type, message, kind) => {
  const body = { type: 'error', error: { type, message }, request_id: 'r' }
  expect(parseAnthropicError(status, Buffer.from(JSON.stringify(body)))).toMatchObject({ kind, message, code: type })
})
