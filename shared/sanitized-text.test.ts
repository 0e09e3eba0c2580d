import { expect, test } from 'vitest'
import { sanitizedText } from './sanitized-text.ts'

test.each([
  ['claude-sonnet-4-5-20250929', 'claude-sonnet-4-5-20250929'],
  ['us.anthropic.claude-3-5-sonnet-20241022-v2:0', 'us.anthropic.claude-3-5-sonnet-20241022-v2:0'],
  ['gpt-9\u0000\u001b[31m\nred', 'gpt-9 [31m red'],
  ['right \u202eto left', 'right to left'],
  ['No such key: sk-proj-abcdef1234', 'No such key: [redacted]'],
  ['Incorrect API key provided: sk-ab********wxyz.', 'Incorrect API key provided: [redacted]'],
  ['{"api_key":"whatever"}', '{"api_key":"[redacted]"}'],
  ['Authorization: Bearer abc.def', 'Authorization: [redacted] [redacted]'],
  ['key=AIzaSyA1234567890abcdefg', 'key=[redacted]'],
  ['AKIAIOSFODNN7EXAMPLE is unknown', '[redacted] is unknown'],
  ['trace 4f1c2a9d8b7e6f5a4d3c2b1a09f8e7d6', 'trace [redacted]'],
  ['  ', ''],
])('%j is kept as %j', (text, kept) => {
  expect(sanitizedText(text, 100)).toBe(kept)
})

test('a long text is cut, and stays one', () => {
  expect(sanitizedText('many words '.repeat(1_000), 20)).toBe('many words many wor…')
  expect(sanitizedText(`${'a b'.repeat(3)}😀😀`, 11).isWellFormed()).toBe(true)
})
