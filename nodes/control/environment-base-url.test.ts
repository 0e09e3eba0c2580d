import { expect, test } from 'vitest'
import { discover } from './discovery.ts'
import { egressOf } from './environment-base-url.ts'

const ports = { host: '127.0.0.1', hosts: ['gateway.example'], port: 8080, controlPort: 8090, opsPort: undefined }

const found = (environment: Record<string, string>) => discover({ environment, ports, servers: [] })

// sources: openai 6.x and @anthropic-ai/sdk 0.x (client.js), @google/genai 1.x (getBaseUrl), cohere 5.x for Python (CO_API_URL),
// @smithy/core (getEndpointUrlConfig); OPENAI_API_BASE is what LangChain reads.
test.each([
  [{ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://llm.example/v1' }, 'https://llm.example/v1'],
  [{ OPENAI_API_KEY: 'k', OPENAI_API_BASE: 'https://llm.example/v1' }, 'https://llm.example/v1'],
  [{ ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: 'https://llm.example' }, 'https://llm.example'],
  [{ GEMINI_API_KEY: 'k', GOOGLE_GEMINI_BASE_URL: 'https://llm.example' }, 'https://llm.example'],
  [{ COHERE_API_KEY: 'k', CO_API_URL: 'https://llm.example' }, 'https://llm.example'],
  [
    {
      AWS_ACCESS_KEY_ID: 'k',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: 'https://other.example',
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://llm.example',
    },
    'https://llm.example',
  ],
  [
    {
      GOOGLE_APPLICATION_CREDENTIALS: '/nowhere',
      GOOGLE_CLOUD_PROJECT: 'p',
      GOOGLE_VERTEX_BASE_URL: 'https://llm.example',
    },
    'https://llm.example',
  ],
  [
    { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com/openai' },
    'https://a.openai.azure.com/openai',
  ],
])('%o is called at %s', async (environment, baseUrl) => {
  expect(await found(environment)).toMatchObject([{ baseUrl }])
})

test.each([
  'http://127.0.0.1:8080/v1',
  'http://localhost:8090',
  'http://[::1]:8080/v1',
  'http://gateway.example:8080/v1',
])('%s is this gateway, and no address of a provider', async (OPENAI_BASE_URL) => {
  expect(await found({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL })).toMatchObject([{ baseUrl: undefined }])
})

test('a model of the catalogue is no example for a server that is not its maker', async () => {
  const environment = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:4000/v1' }
  expect(await found(environment)).toMatchObject([{ baseUrl: 'http://127.0.0.1:4000/v1', example: undefined }])
})

test.each([
  ['http://127.0.0.1:4000/v1', { allowPrivate: true }],
  ['http://llm.internal/v1', { allowPrivate: true }],
  ['https://llm.example/v1', {}],
  ['http://169.254.169.254/v1', {}],
])('the provider at %s has %o', (baseUrl, fields) => {
  expect(egressOf(baseUrl)).toEqual(fields)
})
