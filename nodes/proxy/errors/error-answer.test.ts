import { expect, test } from 'vitest'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import { type CodedErrorAnswer, type ErrorContext, errorAnswer } from './error-answer.ts'
import type { GatewayError } from './gateway-error.ts'
import { errorCases } from './test-errors.ts'

const requestId = 'req_1'

function answerTo(error: GatewayError, more: Partial<ErrorContext> = {}): CodedErrorAnswer {
  return errorAnswer(error, { requestId, shape: 'openai', chance: () => 0, ...more })
}

function headerOf({ headers }: CodedErrorAnswer, name: string): string | undefined {
  const at = headers.indexOf(name)
  return at < 0 ? undefined : headers[at + 1]
}

function bodyIn(error: GatewayError, shape: ErrorShape): Record<string, unknown> {
  return JSON.parse(answerTo(error, { shape }).body)
}

test.each(errorCases)("%s in OpenAI's shape has the row's message, type, code and parameter", (_, wanted) => {
  const { type, code, param, says } = wanted
  expect(bodyIn(wanted.error, 'openai')).toEqual({
    error: { message: expect.stringMatching(says), type, code, param: param ?? null },
  })
})

test.each(errorCases)("%s in Anthropic's shape has a type of Anthropic and the id of the request", (_, wanted) => {
  expect(bodyIn(wanted.error, 'anthropic')).toEqual({
    type: 'error',
    error: { type: expect.stringMatching(/_error$|^request_too_large$/), message: expect.stringMatching(wanted.says) },
    request_id: requestId,
  })
})

test.each(errorCases)("%s in Google's shape has the status twice, as a number and as a word", (_, wanted) => {
  expect(bodyIn(wanted.error, 'gemini')).toEqual({
    error: {
      code: wanted.status,
      message: expect.stringMatching(wanted.says),
      status: expect.stringMatching(/^[A-Z_]+$/),
    },
  })
})

const shapes: readonly ErrorShape[] = ['openai', 'anthropic', 'gemini']

test.each(errorCases)('%s has the same headers in every shape', (_, { error, retryAfterMs }) => {
  for (const shape of shapes) {
    const answer = answerTo(error, { shape })
    expect(answer.headers.slice(0, 2)).toEqual(['content-type', 'application/json'])
    expect(headerOf(answer, 'x-request-id')).toBe(requestId)
    expect(headerOf(answer, 'x-should-retry')).toBe(String(retryAfterMs !== undefined))
    expect(headerOf(answer, 'retry-after-ms')).toBe(retryAfterMs?.toString())
    expect(headerOf(answer, 'request-id')).toBe(shape === 'anthropic' ? requestId : undefined)
  }
})

test.each([
  ['openai', { type: 'missing-key' }, 401, undefined],
  ['anthropic', { type: 'missing-key' }, 401, 'authentication_error'],
  ['anthropic', { type: 'model-not-allowed', model: 'm' }, 403, 'permission_error'],
  ['anthropic', { type: 'unknown-model', model: 'm', nearest: [] }, 404, 'not_found_error'],
  ['anthropic', { type: 'body-too-large', maxBytes: 1 }, 413, 'request_too_large'],
  ['anthropic', { type: 'upstream-limited', retryAfterMs: 1 }, 429, 'rate_limit_error'],
  ['anthropic', { type: 'overloaded', retryAfterMs: 1 }, 529, 'overloaded_error'],
  ['anthropic', { type: 'no-target', model: 'm' }, 529, 'overloaded_error'],
  ['anthropic', { type: 'no-config' }, 503, 'api_error'],
  ['gemini', { type: 'overloaded', retryAfterMs: 1 }, 503, undefined],
] as const)('in the shape %s %j is answered with %i', (shape, error, status, type) => {
  const answer = answerTo(error, { shape })
  expect(answer.status).toBe(status)
  if (type !== undefined) expect(JSON.parse(answer.body).error.type).toBe(type)
})

test('the code of an answer, for records, is that of the row, else the name of the error', () => {
  expect(answerTo({ type: 'missing-key' }).code).toBe('missing_api_key')
  expect(answerTo({ type: 'response-unknown', id: 'r', isPrevious: false }).code).toBe('response-unknown')
})

test.each([
  [0, '2', '2000'],
  [0.5, '3', '2500'],
  [1, '3', '3000'],
])('the wait that an overloaded gateway asks for grows with chance %d', (chance, seconds, milliseconds) => {
  const answer = answerTo({ type: 'overloaded', retryAfterMs: 2_000 }, { chance: () => chance })
  expect([headerOf(answer, 'retry-after'), headerOf(answer, 'retry-after-ms')]).toEqual([seconds, milliseconds])
  const atAnthropic = answerTo(
    { type: 'overloaded', retryAfterMs: 2_000 },
    { chance: () => chance, shape: 'anthropic' },
  )
  expect(headerOf(atAnthropic, 'retry-after-ms')).toBe(milliseconds)
})

test('the wait that an upstream asks for is passed on as it is, and is never zero', () => {
  const limited = (retryAfterMs: number) => answerTo({ type: 'upstream-limited', retryAfterMs }, { chance: () => 0.9 })
  expect(headerOf(limited(1_500), 'retry-after')).toBe('2')
  expect(headerOf(limited(1_500), 'retry-after-ms')).toBe('1500')
  expect(headerOf(limited(0), 'retry-after')).toBe('1')
  expect(headerOf(limited(0), 'retry-after-ms')).toBe('1')
})

test('prepared answers are told apart by error, model and shape, and each has its own id', () => {
  const first = answerTo({ type: 'unknown-key' }, { shape: 'anthropic', requestId: 'req_a' })
  const second = answerTo({ type: 'unknown-key' }, { shape: 'anthropic', requestId: 'req_b' })
  expect([first.body.match(/req_\w/g), second.body.match(/req_\w/g)]).toEqual([['req_a'], ['req_b']])
  expect(headerOf(second, 'request-id')).toBe('req_b')
  const [one, other] = ['a', 'b'].map((model) => answerTo({ type: 'model-not-allowed', model }).body)
  expect(one).toContain('`a`')
  expect(other).toBe(one?.replace('`a`', '`b`'))
  expect(bodyIn({ type: 'unknown-key' }, 'gemini')).not.toEqual(bodyIn({ type: 'unknown-key' }, 'openai'))
})

test('an id that stands in the message as well is put in its own place alone', () => {
  const model = '{id}'
  const body = JSON.parse(answerTo({ type: 'model-not-allowed', model }, { shape: 'anthropic' }).body)
  expect(body).toMatchObject({ error: { message: expect.stringContaining('`{id}`') }, request_id: requestId })
})

test('more models than are prepared are all answered', () => {
  for (let n = 0; n < 600; n++)
    expect(answerTo({ type: 'model-not-allowed', model: `m${n}` }).body).toContain(`\`m${n}\``)
})

test.each<[string, (retryAfterMs: number) => GatewayError]>([
  ['a limit', (retryAfterMs) => ({ ...limited, retryAfterMs })],
  ['a provider that asks for a wait', (retryAfterMs) => ({ type: 'upstream-limited', retryAfterMs })],
  ['a quota', (retryAfterMs) => ({ type: 'upstream-busy', provider: 'up', model: 'm', retryAfterMs })],
  ['an overload', (retryAfterMs) => ({ type: 'upstream-overloaded', retryAfterMs })],
])('%s for more than a minute is not waited for within a call', (_, error) => {
  for (const shape of ['openai', 'anthropic', 'gemini'] as const) {
    const hints = [1_000, 60_000, 60_001, 27_810_000, 2_592_000_000].map((ms) =>
      headerOf(answerTo(error(ms), { shape }), 'x-should-retry'),
    )
    expect(hints).toEqual(['true', 'true', 'false', 'false', 'false'])
    expect(headerOf(answerTo(error(27_810_000), { shape }), 'retry-after')).toBe('27810')
  }
})

const limited: GatewayError = {
  type: 'rate-limited',
  limit: 'daily',
  per: 'key',
  subject: '',
  unit: 'requests',
  amount: 5,
  window: '1d',
  retryAfterMs: 5_000,
  headers: [],
}
