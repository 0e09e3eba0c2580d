import { expect, test } from 'vitest'
import { matchModelPath, modelOfPath } from './model-paths.ts'
import { generateList, generateStream } from './operations.ts'

test.each([
  ['/openai/deployments/my-gpt/chat/completions', '/v1/chat/completions', 'my-gpt'],
  ['/openai/deployments/my%2Fgpt/embeddings', '/v1/embeddings', 'my/gpt'],
  ['/openai/deployments/dall-e/images/generations', '/v1/images/generations', 'dall-e'],
  ['/v1beta/models/gemini-pro:generateContent', '/v1beta/models:generateContent', 'gemini-pro'],
  ['/v1/models/p/gemini:countTokens', '/v1beta/models:countTokens', 'p/gemini'],
])('%s is the operation %s of the model %s', (path, name, model) => {
  expect(matchModelPath(path, '')).toMatchObject({ operation: { name }, model })
})

test.each([
  '/openai/deployments/my-gpt/unknown',
  '/openai/deployments/my-gpt/constructor',
  '/v1beta/models/gemini-pro:unknown',
  '/v1beta/models/%zz:generateContent',
  '/v1/chat/completions',
])('%s names no model', (path) => {
  expect(matchModelPath(path, '')).toBeUndefined()
})

test('a Gemini stream is a list unless the query asks for events', () => {
  const path = '/v1beta/models/gemini-pro:streamGenerateContent'
  expect(matchModelPath(path, '')?.operation).toBe(generateList)
  expect(matchModelPath(path, 'alt=sse')?.operation).toBe(generateStream)
  expect(matchModelPath(path, 'key=1&alt=sse&x=2')?.operation).toBe(generateStream)
  expect(matchModelPath(path, 'salt=sse')?.operation).toBe(generateList)
})

test('the model of a list is read from the path', () => {
  expect(modelOfPath('/v1/models/openai/gpt')).toBe('openai/gpt')
  expect(modelOfPath('/v1beta/models/a%2Fb')).toBe('a/b')
  expect(modelOfPath('/v1/files/a')).toBeUndefined()
})
