import { expect, test } from 'vitest'
import { storedResponseOperations } from '../operations/gateway-operations.ts'
import {
  chat,
  completions,
  countTokens,
  embeddings,
  geminiCount,
  messages,
  responses,
} from '../operations/operations.ts'
import { passThroughOperations } from '../operations/pass-through-operations.ts'
import { connectProvider, type Target } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { insteadOfMissing } from './missing-endpoint.ts'

function targetOf(spec: Parameters<typeof connectProvider>[1]): Target {
  const connection = connectProvider('a', spec, testConnectOptions())
  if (connection === undefined) throw new Error('no connection')
  const health = { inFlight: 0, failuresInRow: 0 }
  return { ...connection, model: 'llama', price: undefined, facts: {}, releasedAt: 0, health }
}

const server = targetOf({ kind: 'openai', baseUrl: 'http://127.0.0.1:1/v1' })
const rejected = (status: number, body: string) =>
  ({
    type: 'upstream-rejected',
    answer: { status, body: Buffer.from(body), contentType: '', retryAfterMs: undefined },
  }) as const

test.each([
  ["FastAPI's", 404, '{"detail":"Not Found"}'],
  ["Go's", 404, '404 page not found'],
  ["llama.cpp's", 404, '{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}'],
  [
    "OpenAI's",
    404,
    '{"error":{"message":"Invalid URL (POST /v1/responses)","type":"invalid_request_error","param":null,"code":null}}',
  ],
  ["TGI's, which is empty", 404, ''],
  ['a method that is not allowed', 405, '{"detail":"Method Not Allowed"}'],
] as const)('%s answer to a path that is not there means the endpoint', (_whose, status, body) => {
  expect(insteadOfMissing(rejected(status, body), responses, server)).toBe('translate')
  expect(insteadOfMissing(rejected(status, body), completions, server)).toBe('translate')
})

test.each([
  ["OpenAI's", '{"error":{"message":"The model `x` does not exist","param":null,"code":"model_not_found"}}'],
  ["vLLM's", '{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}'],
  ["Ollama's", `{"error":{"message":"model 'x' not found, try pulling it first","type":"api_error"}}`],
  [
    "Azure's",
    '{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}',
  ],
  ['one that names a member', '{"error":{"message":"Not found","param":"previous_response_id"}}'],
] as const)('%s answer to a model that is not there does not', (_whose, body) => {
  expect(insteadOfMissing(rejected(404, body), responses, server)).toBeUndefined()
})

test('what cannot be translated is estimated, or asked of another target', () => {
  const missing = rejected(404, '')
  expect(insteadOfMissing(missing, countTokens, targetOf({ kind: 'anthropic' }))).toBe('estimate')
  expect(insteadOfMissing(missing, geminiCount, targetOf({ kind: 'gemini' }))).toBe('estimate')
  expect(insteadOfMissing(missing, embeddings, server)).toBe('another-target')
  for (const operation of passThroughOperations)
    expect(insteadOfMissing(missing, operation, server)).toBe('another-target')
})

test('nothing takes the place of chat, of an object of an account, or of what is not missing', () => {
  const missing = rejected(404, '')
  expect(insteadOfMissing(missing, chat, server)).toBeUndefined()
  expect(insteadOfMissing(missing, messages, targetOf({ kind: 'anthropic' }))).toBeUndefined()
  expect(insteadOfMissing(missing, storedResponseOperations[''], server)).toBeUndefined()
  const embedder = targetOf({ kind: 'openai', endpoints: ['embeddings', 'responses'] })
  expect(insteadOfMissing(missing, responses, embedder)).toBeUndefined()
  expect(insteadOfMissing({ type: 'upstream-auth' }, responses, server)).toBeUndefined()
  expect(insteadOfMissing(rejected(400, ''), responses, server)).toBeUndefined()
})
