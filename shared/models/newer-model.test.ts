import { expect, test } from 'vitest'
import { catalogueModel } from './catalogue.ts'
import { factsOfNewer } from './newer-model.ts'

test.each([
  ['anthropic', 'claude-opus-9', 'claude-opus-4-8'],
  ['anthropic', 'claude-sonnet-6-20991231', 'claude-sonnet-5'],
  ['openai', 'gpt-9', 'gpt-5.5'],
  ['openai', 'gpt-9-mini', 'gpt-5.4-mini'],
  ['google', 'gemini-9-pro', 'gemini-3.1-pro-preview'],
  ['amazon-bedrock', 'us.anthropic.claude-opus-9', 'us.anthropic.claude-opus-4-8'],
])('%s/%s is asked as %s is, without a price', (place, model, relative) => {
  const like = catalogueModel(place, relative)
  const { reasoning, sampling, outputTokensMax, contextTokensMax } = like?.facts ?? {}
  expect(reasoning).toBeDefined()
  expect(factsOfNewer(place, model)).toMatchObject({ reasoning, sampling, outputTokensMax, contextTokensMax })
  expect(catalogueModel(place, model)).toBeUndefined()
})

test('nothing is said to be lacking', () => {
  expect(factsOfNewer('anthropic', 'claude-opus-9').lacks).toBeUndefined()
})

test.each([
  ['openai', 'dall-e-3'],
  ['openai', 'my-own-model-2'],
  ['groq', 'gpt-9'],
  ['anthropic', 'claude-x'],
])('of %s/%s nothing is taken for granted', (place, model) => {
  expect(factsOfNewer(place, model)).toEqual({})
})
