// Sources. OpenAI: `reasoning_effort` in the openai package ("All models before gpt-5.1 … do not support none", "gpt-5-pro … only
// supports high"). Claude: `effort` in @anthropic-ai/sdk. The words of gpt-oss, Gemini, Grok, Sonar and of single variants of
// gpt-5 are those that are publicly known, and are not yet checked against each provider's own pages.
import { expect, test } from 'vitest'
import { catalogueModel } from './catalogue.ts'
import { effortWords } from './effort-words.ts'

test.each([
  ['gpt-5', 'minimal low medium high'],
  ['gpt-5-mini-2025-08-07', 'minimal low medium high'],
  ['gpt-5-pro', 'high'],
  ['gpt-5-codex', 'low medium high'],
  ['gpt-5.1', 'none low medium high'],
  ['gpt-5.1-codex-max', 'low medium high xhigh'],
  ['gpt-5.2', 'none low medium high xhigh'],
  ['gpt-5.2-pro', 'medium high xhigh'],
  ['gpt-5.4-mini', 'none low medium high xhigh'],
  ['o3-mini', 'low medium high'],
  ['o4-mini-deep-research', 'low medium high'],
  ['openai/gpt-oss-120b', 'low medium high'],
  ['openai.gpt-oss-20b-1:0', 'low medium high'],
  ['claude-opus-4-5-20251101', 'low medium high'],
  ['us.anthropic.claude-opus-4-6-v1', 'low medium high max'],
  ['claude-opus-4-7@default', 'low medium high xhigh max'],
  ['claude-sonnet-5', 'low medium high xhigh max'],
  ['gemini-2.5-flash', 'none minimal low medium high'],
  ['gemini-3-pro-preview', 'minimal low medium high'],
  ['grok-3-mini', 'low high'],
  ['grok-4.6', 'low medium high xhigh'],
  ['grok-4-fast-reasoning', ''],
  ['grok-4.20-0309-non-reasoning', ''],
])('%s knows the words %s', (model, words) => {
  expect(effortWords(model)?.join(' ')).toBe(words)
})

test.each(['gpt-5.6', 'gpt-4o', 'a-model', 'claude-sonnet-4-5', 'claude-3-5-sonnet', 'solo1-x'])(
  'of %s no words are known',
  (model) => {
    expect(effortWords(model)).toBeUndefined()
  },
)

test('the words are facts of a model in the catalogue', () => {
  expect(catalogueModel('openai', 'gpt-5')?.facts.efforts).toEqual(effortWords('gpt-5'))
  expect(catalogueModel('openai', 'gpt-4o')?.facts.efforts).toBeUndefined()
})
