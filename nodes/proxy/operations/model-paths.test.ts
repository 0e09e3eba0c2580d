import { expect, test } from 'vitest'
import { matchModelPath, modelOfPath } from './model-paths.ts'
import { generateList, generateStream } from './operations.ts'

test.each([
  ['/openai/deployments/d/chat/completions', '/v1/chat/completions', 'd'],
  ['/openai/deployments/d/completions', '/v1/completions', 'd'],
  ['/openai/deployments/d/embeddings', '/v1/embeddings', 'd'],
  ['/openai/deployments/d/images/generations', '/v1/images/generations', 'd'],
  ['/openai/deployments/d/images/edits', '/v1/images/edits', 'd'],
  ['/openai/deployments/d/audio/speech', '/v1/audio/speech', 'd'],
  ['/openai/deployments/d/audio/transcriptions', '/v1/audio/transcriptions', 'd'],
  ['/openai/deployments/d/audio/translations', '/v1/audio/translations', 'd'],
  ['/openai/deployments/my%2Fown%20d/embeddings', '/v1/embeddings', 'my/own d'],
  ['/openai/deployments/openai/gpt-4o/chat/completions', '/v1/chat/completions', 'openai/gpt-4o'],
  ['/openai/deployments/a/b/c/embeddings', '/v1/embeddings', 'a/b/c'],
  ['/openai/deployments/openai/whisper-1/audio/transcriptions', '/v1/audio/transcriptions', 'openai/whisper-1'],
  ['/v1beta/models/g:generateContent', '/v1beta/models:generateContent', 'g'],
  ['/v1beta/p/m:generateContent', '/v1beta/models:generateContent', 'p/m'],
  ['/v1/p/m:countTokens', '/v1beta/models:countTokens', 'p/m'],
  ['/v1beta/models/p/m-v1:0:generateContent', '/v1beta/models:generateContent', 'p/m-v1:0'],
  ['/v1/models/g:generateContent', '/v1beta/models:generateContent', 'g'],
  ['/v1beta/models/g:countTokens', '/v1beta/models:countTokens', 'g'],
  ['/v1beta/models/g:embedContent', '/v1beta/models:embedContent', 'g'],
  ['/v1beta/models/g:batchEmbedContents', '/v1beta/models:batchEmbedContents', 'g'],
  ['/v1beta/models/p/m:generateContent', '/v1beta/models:generateContent', 'p/m'],
  ['/v1beta/models/p%2Fm:free:generateContent', '/v1beta/models:generateContent', 'p/m:free'],
])('%s is %s of the model %s', (path, name, model) => {
  const found = matchModelPath(path, '')
  expect([found?.operation.name, found?.model]).toEqual([name, model])
})

test.each([
  '/openai/deployments/d/moderations',
  '/openai/deployments/d/rerank',
  '/openai/deployments/d/__proto__',
  '/openai/deployments/chat/completions/x',
  '/v1beta/g:generateContent',
  '/openai/deployments//embeddings',
  '/openai/deployments/%zz/embeddings',
  '/v1beta/models/g:deleteModel',
  '/v1beta/models/g:constructor',
  '/v1beta/models/:generateContent',
  '/v1beta/models/g',
  '/v2/models/g:generateContent',
])('%s names no model', (path) => {
  expect(matchModelPath(path, '')).toBeUndefined()
})

test.each([
  ['alt=sse', generateStream],
  ['key=1&alt=sse', generateStream],
  ['alt=sse&key=1', generateStream],
  ['', generateList],
  ['alt=json', generateList],
  ['xalt=sse', generateList],
  ['alt=sse2', generateList],
])('a stream of Google with the query %j is framed so', (query, operation) => {
  expect(matchModelPath('/v1beta/models/g:streamGenerateContent', query)).toEqual({ operation, model: 'g' })
})

test.each([
  ['/v1/models/plain', 'plain'],
  ['/models/a/b', 'a/b'],
  ['/openai/v1/models/a%2Fb', 'a/b'],
  ['/anthropic/v1/models/claude', 'claude'],
  ['/v1beta/models/g', 'g'],
  ['/v1/models/', ''],
  ['/v1/models', undefined],
  ['/v1/models/%zz', undefined],
  ['/v1/modelsplain', undefined],
])('the model at %s is %s', (path, model) => {
  expect(modelOfPath(path)).toBe(model)
})
