import { expect, test } from 'vitest'
import { anthropicUpstream } from '../dialects/anthropic/anthropic.ts'
import { geminiUpstream } from '../dialects/gemini/gemini.ts'
import type { ErrorAnswer } from '../errors/gateway-error.ts'
import { ProviderErrors } from './provider-errors.ts'

function rejected(status: number, body: object | string): ErrorAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, contentType: 'application/json', retryAfterMs: undefined, body: Buffer.from(text) }
}

const tooLong = { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 3 > 2' } }
const fromAnthropic = new ProviderErrors(anthropicUpstream, 'openai')

test('a rejection is told in the words of the provider and the shape of the caller', () => {
  const { status, headers, body } = fromAnthropic.forwardError(rejected(400, tooLong), 'req_1')
  expect(status).toBe(400)
  expect(JSON.parse(body.toString())).toEqual({
    error: {
      message: 'prompt is too long: 3 > 2',
      type: 'invalid_request_error',
      param: null,
      code: 'context_length_exceeded',
    },
  })
  expect(headers).toEqual(['content-type', 'application/json', 'x-request-id', 'req_1', 'x-should-retry', 'false'])
})

test("a caller of Anthropic's API gets its shape and its header", () => {
  const google = { error: { code: 404, message: 'No such model.', status: 'NOT_FOUND' } }
  const { headers, body } = new ProviderErrors(geminiUpstream, 'anthropic').forwardError(rejected(404, google), 'req_1')
  expect(JSON.parse(body.toString())).toEqual({
    type: 'error',
    error: { type: 'not_found_error', message: 'No such model.' },
    request_id: 'req_1',
  })
  expect(headers.slice(-2)).toEqual(['request-id', 'req_1'])
})

test('a rejection without words says so', () => {
  const { body } = fromAnthropic.forwardError(rejected(422, '<html>nginx</html>'), 'req_1')
  expect(JSON.parse(body.toString()).error.message).toBe('The upstream refused the request (422) and gave no reason.')
})

test.each([
  [
    'a key that Google does not know',
    400,
    { error: { status: 'INVALID_ARGUMENT', message: 'API key not valid.' } },
    'upstream-auth',
  ],
  ['a project without billing', 400, { error: { status: 'FAILED_PRECONDITION', message: '' } }, 'upstream-auth'],
  ['an exhausted quota', 429, { error: { status: 'RESOURCE_EXHAUSTED', message: '' } }, 'upstream-limited'],
  ['a bad argument', 400, { error: { status: 'INVALID_ARGUMENT', message: 'contents' } }, 'upstream-rejected'],
])('%s means what the body says', (_, status, body, type) => {
  expect(new ProviderErrors(geminiUpstream, 'openai').failureOf(rejected(status, body)).error.type).toBe(type)
})
