// The operator's word on how a server wants the reasoning of earlier turns goes before what is known of its host.
import { expect, test } from 'vitest'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { testTarget } from './test-connect.ts'

const at = (baseUrl: string, more: Partial<ProviderSpec> = {}) =>
  testTarget({ kind: 'openai', baseUrl, ...more }).quirks.reasoningBack

test('the field of the provider wins', () => {
  expect(at('https://api.groq.com/openai/v1')).toBe('none')
  expect(at('https://api.groq.com/openai/v1', { reasoningBack: 'reasoning' })).toBe('reasoning')
  expect(at('https://llm.example/v1', { reasoningBack: 'reasoning_content' })).toBe('reasoning_content')
})
