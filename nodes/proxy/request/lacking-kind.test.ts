import { expect, test } from 'vitest'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { connectProvider } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { lackingKind } from './lacking-kind.ts'

test.each([
  ['gpt-4o-mini', 'openai'],
  ['gpt-99', 'openai'],
  ['claude-sonnet-4-5', 'anthropic'],
  ['gemini-2.5-flash', 'gemini'],
  ['command-a-03-2025', 'cohere'],
  ['mistral-large-latest', 'mistral'],
  ['deepseek-chat', 'deepseek'],
  ['grok-4', 'xai'],
  ['nova-pro', 'bedrock'],
  ['no-such-model', undefined],
])('who asks for %s needs a provider of the kind %s', (name, kind) => {
  expect(lackingKind(name, [])).toBe(kind)
})

test.each<[string, ProviderSpec]>([
  ['openai', { kind: 'openai', bareNames: ['gpt-4o'] }],
  ['openai', { kind: 'openai', baseUrl: 'http://127.0.0.1:8000/v1' }],
  ['ours', { kind: 'openai', baseUrl: 'https://api.openai.com/v1' }],
])('%s with %j is a provider of OpenAI already', (name, spec) => {
  const connection = connectProvider(name, spec, testConnectOptions())
  expect(lackingKind('gpt-4o-mini', connection === undefined ? [] : [connection])).toBeUndefined()
})
