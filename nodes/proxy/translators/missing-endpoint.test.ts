import { expect, test } from 'vitest'
import { chat, completions, countTokens, responses } from '../operations/operations.ts'
import { connectProvider, type Target } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { missesEndpoint } from './missing-endpoint.ts'

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
  expect(missesEndpoint(rejected(status, body), responses, server)).toBe(true)
  expect(missesEndpoint(rejected(status, body), completions, server)).toBe(true)
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
  expect(missesEndpoint(rejected(404, body), responses, server)).toBe(false)
})

test('only what can be translated is missed', () => {
  const missing = rejected(404, '')
  expect(missesEndpoint(missing, chat, server)).toBe(false)
  expect(missesEndpoint(missing, countTokens, targetOf({ kind: 'anthropic' }))).toBe(false)
  const embedder = targetOf({ kind: 'openai', endpoints: ['embeddings', 'responses'] })
  expect(missesEndpoint(missing, responses, embedder)).toBe(false)
  expect(missesEndpoint({ type: 'upstream-auth' }, responses, server)).toBe(false)
  expect(missesEndpoint(rejected(400, ''), responses, server)).toBe(false)
})
