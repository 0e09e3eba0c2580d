// What errors mean that OpenAI and hosts with its API send. Sources: platform.openai.com/docs/guides/error-codes,
// console.groq.com/docs/errors, openrouter.ai/docs/api/reference/errors-and-debugging, platform.moonshot.ai (error codes),
// docs.mistral.ai, learn.microsoft.com (Azure OpenAI), and tools/server of llama.cpp.
import { expect, test } from 'vitest'
import { parseOpenAiError } from './error.ts'

const kindOf = (status: number, body: unknown) => parseOpenAiError(status, Buffer.from(JSON.stringify(body))).kind

test.each<[string, number, object, string]>([
  ['OpenAI: no credit', 429, { message: 'm', type: 'insufficient_quota', code: 'insufficient_quota' }, 'quota'],
  ['OpenAI: a limit', 429, { message: 'm', type: 'tokens', code: 'rate_limit_exceeded' }, 'rate-limit'],
  ['OpenAI: a wrong key', 401, { message: 'm', type: 'invalid_request_error', code: null }, 'authentication'],
  ['OpenAI: a model that is not there', 404, { message: 'm', code: 'model_not_found' }, 'not-found'],
  ['OpenAI: an image that was blocked', 400, { message: 'm', code: 'moderation_blocked' }, 'content-policy'],
  ['a bad request', 400, { message: 'm', type: 'invalid_request_error', code: null }, 'invalid-request'],
  ['an error of the server at 400', 400, { message: 'm', type: 'server_error' }, 'server'],
  ['an error of the server at 424', 424, { message: 'm', type: 'server_error' }, 'server'],
  ['an exact status before a common type', 429, { message: 'm', type: 'invalid_request_error' }, 'rate-limit'],
  ['an overload at 400', 400, { message: 'm', type: 'overloaded_error' }, 'overloaded'],
  ['an overload in words at 400', 400, { message: 'The model is currently overloaded.' }, 'overloaded'],
  ['a limit in words at 403', 403, { message: 'Rate limit exceeded.' }, 'rate-limit'],
  ['words that the caller wrote', 400, { message: 'Bad value: rate limit exceeded', param: 'user' }, 'invalid-request'],
  ['Groq: a request above the limit of a minute', 413, { message: 'm', code: 'rate_limit_exceeded' }, 'too-large'],
  ['Groq: no room in the flex tier', 498, { message: 'm', code: 'capacity_exceeded' }, 'overloaded'],
  ['Groq: a model that was withdrawn', 400, { message: 'm', code: 'model_decommissioned' }, 'not-found'],
  ['Groq: a dependency', 424, { message: 'm', type: 'invalid_request_error' }, 'invalid-request'],
  ['Moonshot: an overload', 429, { message: 'm', type: 'engine_overloaded_error' }, 'overloaded'],
  ['Moonshot: no credit', 429, { message: 'm', type: 'exceeded_current_quota_error' }, 'quota'],
  ['Azure: a deployment', 404, { message: 'm', code: 'DeploymentNotFound' }, 'not-found'],
  ['Azure: a status as code', 400, { message: 'm', code: '429' }, 'rate-limit'],
  ['OpenRouter: a status as code', 400, { message: 'm', code: 503 }, 'overloaded'],
  ['OpenRouter: an input that was flagged', 403, { message: 'm', metadata: { flagged_input: 'x' } }, 'content-policy'],
  [
    'Google: a wrong key',
    400,
    { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT' },
    'authentication',
  ],
  ['llama.cpp: a long input', 400, { code: 400, message: 'm', type: 'exceed_context_size_error' }, 'context-length'],
  ['vLLM: a long input', 400, { code: 400, message: "This model's maximum context length is 8." }, 'context-length'],
])('%s', (_, status, error, kind) => {
  expect(kindOf(status, { error })).toBe(kind)
})

test('an error that is a text counts too', () => {
  expect(kindOf(400, { error: 'Model is overloaded' })).toBe('overloaded')
  expect(kindOf(400, { error: 'rate_limit_exceeded', message: 'm' })).toBe('rate-limit')
})
