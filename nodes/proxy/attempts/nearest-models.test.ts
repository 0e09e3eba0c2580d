import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-connect.ts'
import { testCaller, testSnapshot } from '../request/test-request.ts'
import { directRoute } from '../routing/model-route.ts'
import { withNearestModels } from './nearest-models.ts'

const routes = Object.fromEntries(['gpt-4o', 'openai/own'].map((name) => [name, directRoute(name, testTarget())]))
const request = { snapshot: testSnapshot(routes), caller: testCaller }

function told(status: number, error: object, model = 'openai/gpt-4oo'): string {
  const body = Buffer.from(JSON.stringify({ type: 'error', error }))
  return withNearestModels({ status, headers: [], body }, request, model).body.toString()
}

test.each([
  ["OpenAI's", 404, { message: 'The model `x` does not exist.', code: 'model_not_found' }],
  ["Anthropic's", 404, { type: 'not_found_error', message: 'model: x' }],
  ["Gemini's", 404, { code: 404, message: 'models/x is not found for API version v1beta.' }],
  ["Azure's", 404, { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' }],
  ["Bedrock's", 400, { message: 'The provided model identifier is invalid.', code: null }],
  ["DeepSeek's", 400, { message: 'Model Not Exist', type: 'invalid_request_error' }],
  ["Mistral's", 400, { message: 'Invalid model: x', type: 'invalid_model' }],
])('%s answer to an unknown model gets the nearest name behind it', (_whose, status, error) => {
  const { error: with_, type } = JSON.parse(told(status, error))
  expect(with_).toEqual({ ...error, message: `${error.message.replace(/\.$/, '')}. Did you mean \`gpt-4o\`?` })
  expect(type).toBe('error')
})

test.each([
  ['another 404', 404, { message: 'No such file.' }, 'openai/gpt-4oo'],
  ['another 400', 400, { message: 'This model does not support images.' }, 'openai/gpt-4oo'],
  ['another status', 403, { message: 'The model x does not exist for you.' }, 'openai/gpt-4oo'],
  ['a configured name', 404, { message: 'The model x does not exist.' }, 'gpt-4o'],
  ['a configured name with a slash', 404, { message: 'The model x does not exist.' }, 'openai/own'],
])('%s stays as it is', (_what, status, error, model) => {
  expect(told(status, error, model)).toBe(JSON.stringify({ type: 'error', error }))
})
