import { expect, test } from 'vitest'
import { forwardedAnswer } from './forwarded-error.ts'
import type { ErrorAnswer } from './gateway-error.ts'

const requestId = 'req_1'

function rejected(body: string, more: Partial<ErrorAnswer> = {}): ErrorAnswer {
  return { status: 422, contentType: 'application/json', retryAfterMs: undefined, body: Buffer.from(body), ...more }
}

function toldTo(answer: ErrorAnswer, shape: 'openai' | 'anthropic' | 'gemini' = 'openai') {
  const told = forwardedAnswer(answer, shape, requestId)
  return { ...told, value: JSON.parse(told.body.toString()) }
}

test("an error in a provider's shape is forwarded to the byte", () => {
  for (const text of [
    '{"error":{"message":"No.","n":12345678901234567890}}',
    '{ "type":"error", "error": {"type":"invalid_request_error","message":"No."} }',
  ])
    expect(forwardedAnswer(rejected(text), 'openai', requestId)).toMatchObject({ status: 422, body: Buffer.from(text) })
})

test.each([
  ['plain text', 'No such voice.', 'No such voice.'],
  ['JSON without words', '{"retryable":false}', '{"retryable":false}'],
  ['an error that is null', '{"error":null}', '{"error":null}'],
  ['an error that is text', '{"error":"No."}', 'No.'],
  ['half of a body', '{"error":{', '{"error":{'],
  ['nothing', ' ', 'The upstream refused the request (422) and gave no reason.'],
])('%s is told as a message', (_, text, message) => {
  expect(toldTo(rejected(text)).value).toEqual({
    error: { message, type: 'invalid_request_error', param: null, code: null },
  })
})

test('a page for people is not told', () => {
  const { value } = toldTo(
    rejected('<html>Bad gateway at 10.0.0.7</html>', { contentType: 'text/html; charset=utf-8' }),
  )
  expect(value.error.message).toBe('The upstream refused the request (422) and gave no reason.')
})

test('a long text is cut', () => {
  expect(toldTo(rejected('x'.repeat(5_000))).value.error.message).toHaveLength(1_000)
})

test('text is told in the shape of the caller', () => {
  const answer = rejected('No.', { status: 404 })
  expect(toldTo(answer, 'anthropic').value).toEqual({
    type: 'error',
    error: { type: 'not_found_error', message: 'No.' },
    request_id: requestId,
  })
  expect(toldTo(answer, 'gemini').value).toEqual({ error: { code: 404, message: 'No.', status: 'NOT_FOUND' } })
})

test('nobody is asked to try again, and the id stands where each SDK looks for it', () => {
  const headers = ['content-type', 'application/json', 'x-request-id', requestId, 'x-should-retry', 'false']
  expect(toldTo(rejected('No.')).headers).toEqual(headers)
  expect(toldTo(rejected('No.'), 'anthropic').headers).toEqual([...headers, 'request-id', requestId])
})

test("a numeric code becomes OpenAI's, and what else the error has is kept", () => {
  const metadata = { provider_name: 'X', raw: '{}' }
  const body = JSON.stringify({ error: { message: 'No.', code: 400, metadata, big: 1 } })
  expect(toldTo(rejected(body)).value).toEqual({
    error: { message: 'No.', code: null, type: 'invalid_request_error', param: null, metadata, big: 1 },
  })
})

test.each(['openai', 'anthropic', 'gemini'] as const)('an error without its shape is told in that of %s', (shape) => {
  const error = { message: { detail: [{ loc: ['body'], msg: 'No.' }] } }
  const { value } = toldTo(rejected(JSON.stringify({ error })), shape)
  expect(value.error.message).toBe('body: No.')
})
