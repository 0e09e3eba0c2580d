import { expect, test } from 'vitest'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { geminiNumbers } from './gemini-numbers.ts'

function numbersOf(text: string) {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from(text), scan)).toBeUndefined()
  return geminiNumbers(scan)
}

test.each<[string, string, readonly number[], number]>([
  ['nothing', '{}', [], 1],
  ['a config of nothing', '{"generationConfig":{}}', [], 1],
  ['a config that is none', '{"generationConfig":5,"generation_config":null}', [], 1],
  ['a cap', '{"generationConfig":{"maxOutputTokens":7}}', [7], 1],
  ['texts with numbers', '{"generationConfig":{"maxOutputTokens":"7","candidateCount":"3"}}', [7], 3],
  ['texts without', '{"generationConfig":{"maxOutputTokens":"many","candidateCount":""}}', [], 1],
  ['other values', '{"generationConfig":{"maxOutputTokens":[9],"candidateCount":true}}', [], 1],
  ['both spellings', '{"generationConfig":{"maxOutputTokens":7,"max_output_tokens":9}}', [7, 9], 1],
  [
    'both spellings of the config',
    '{"generationConfig":{"maxOutputTokens":7},"generation_config":{"maxOutputTokens":9,"candidateCount":2}}',
    [7, 9],
    2,
  ],
  ['too many answers', '{"generationConfig":{"candidateCount":1e308}}', [], 1e308],
  ['fewer than one', '{"generationConfig":{"candidateCount":-4}}', [], 1],
  ['a cap behind a prototype', '{"generationConfig":{"__proto__":{"maxOutputTokens":7}}}', [], 1],
  ['a config that is too long', `{"generationConfig":{"x":"${'y'.repeat(70_000)}","maxOutputTokens":7}}`, [], 1],
])('%s', (_, text, caps, answers) => {
  expect(numbersOf(text)).toEqual({ caps, answers })
})
