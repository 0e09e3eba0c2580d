import { expect, test } from 'vitest'
import { failureOfAnswer } from './answered-failure.ts'

const saidBy = (status: number, body: string, contentType = 'application/json') =>
  failureOfAnswer({ status, contentType, retryAfterMs: undefined, body: Buffer.from(body) }).said

test.each([
  ['{"error":{"message":"The model is overloaded.","type":"server_error"}}', 'The model is overloaded.'],
  ['{"error":"out of memory"}', 'out of memory'],
  ['{"message":"Too many tokens for sk-live-0123456789"}', 'Too many tokens for [redacted]'],
  ['{"detail":"a\\nb"}', 'a b'],
  ['upstream connect error', 'upstream connect error'],
  ['', undefined],
])('of a 5xx the words are kept: %j', (body, said) => {
  expect(saidBy(503, body)).toBe(said)
})

test('markup is no word, and a long text is shortened', () => {
  const page = '<html><style>p{}</style><h1>502 Bad Gateway</h1><hr><center>nginx</center></html>'
  expect(saidBy(502, page, 'text/html')).toBe('502 Bad Gateway nginx')
  expect(saidBy(500, 'word '.repeat(10_000), 'text/plain')).toHaveLength(300)
})

test('what an upstream says to the caller is not kept a second time', () => {
  expect([saidBy(400, '{"error":{"message":"the prompt"}}'), saidBy(429, 'x')]).toEqual([undefined, undefined])
})

test('what it says of a credential is kept without the credential', () => {
  const body = '{"error":{"message":"Incorrect API key provided: sk-proj-abcd1234efgh5678."}}'
  expect(saidBy(401, body)).toBe('Incorrect API key provided: [redacted]')
})
