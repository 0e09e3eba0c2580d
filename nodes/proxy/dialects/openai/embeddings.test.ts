import { expect, test } from 'vitest'
import type { EmbeddingRequest } from '../../../../shared/chat/embeddings.ts'
import { openAiEmbeddingsInbound } from './embeddings.ts'

function read(body: object): EmbeddingRequest {
  const request = openAiEmbeddingsInbound.parseRequest({ model: 'm', ...body })
  if (!request.ok) throw new Error(JSON.stringify(request.error))
  return request.value
}

test.each([
  ['a text', 'hi', [{ type: 'text', text: 'hi' }]],
  [
    'texts',
    ['a', 'b'],
    [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
  ],
  ['tokens', [1, 2], [{ type: 'tokens', tokens: [1, 2] }]],
  [
    'several tokens',
    [[1], [2]],
    [
      { type: 'tokens', tokens: [1] },
      { type: 'tokens', tokens: [2] },
    ],
  ],
])('%s can be the input', (_what, input, inputs) => {
  expect(read({ input }).inputs).toEqual(inputs)
})

test.each([
  [{ input: [] }, 'input'],
  [{ input: [{}] }, 'input[0]'],
  [{ input: 'a', encoding_format: 'int8' }, 'encoding_format'],
])('what is wrong in %j is named', (body, path) => {
  expect(openAiEmbeddingsInbound.parseRequest(body)).toMatchObject({ ok: false, error: { path } })
})

test('vectors are written as numbers, or as the bytes of 32-bit floats', () => {
  const answer = { model: 'e', vectors: [[0.5, -2]], inputTokens: 3 }
  const asNumbers = JSON.parse(openAiEmbeddingsInbound.printAnswer(answer, read({ input: 'a' })))
  expect(asNumbers).toMatchObject({ data: [{ index: 0, embedding: [0.5, -2] }], usage: { prompt_tokens: 3 } })
  const asked = read({ input: 'a', encoding_format: 'base64' })
  const { embedding } = JSON.parse(openAiEmbeddingsInbound.printAnswer(answer, asked)).data[0]
  const bytes = Buffer.from(embedding, 'base64')
  expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, -2])
})
