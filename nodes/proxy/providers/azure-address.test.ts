// Where requests go at Azure.
import { expect, test } from 'vitest'
import { azureAddress } from './azure-address.ts'

const at = (path: string, apiVersion: string) => azureAddress({ basePath: '', path, model: 'gpt x', apiVersion })

test.each([
  ['/chat/completions', '2024-10-21', '/openai/deployments/gpt%20x/chat/completions?api-version=2024-10-21'],
  ['/responses', '2024-10-21', '/openai/v1/responses'],
  ['/responses', '2025-03-01', '/openai/responses?api-version=2025-03-01'],
  ['/responses/resp_1', '2025-03-01', '/openai/responses/resp_1?api-version=2025-03-01'],
  [
    '/responses/resp_1/input_items?limit=2',
    '2025-03-01',
    '/openai/responses/resp_1/input_items?limit=2&api-version=2025-03-01',
  ],
  ['/responses/resp_1?stream=true', 'preview', '/openai/v1/responses/resp_1?stream=true&api-version=preview'],
  ['/responses/resp_1?stream=true', 'v1', '/openai/v1/responses/resp_1?stream=true'],
])('%s by version %s: %s', (path, version, address) => {
  expect(at(path, version)).toBe(address)
})
