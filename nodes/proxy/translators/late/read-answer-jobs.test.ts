import { expect, test } from 'vitest'
import { readChatJob, readEmbeddingsJob } from './read-answer-jobs.ts'

const facts = { requestId: 'req_1', nowSeconds: 1, estimatedInput: 5, showUsage: false }
const asked = {
  legacyFunctions: undefined,
  groupedTools: undefined,
  reasoning: undefined,
  serviceTier: undefined,
  prompt: undefined,
  echo: undefined,
}
const printed = { model: 'claude-x', dropped: [] }
const head = { operation: '/v1/responses', upstream: 'anthropic', printed, facts, asked, storedId: undefined } as const
const answer = Buffer.from(
  JSON.stringify({
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text: 'A.' }],
    stop_reason: 'end_turn',
  }),
)

test('an answer is printed for the caller, and what the model wrote comes along where it is stored', () => {
  const plain = readChatJob.run(head, [answer])
  expect(plain).toMatchObject({ told: { usage: undefined, textBytes: 2 } })
  expect(plain.bodies.map((body) => JSON.parse(body.toString()).object)).toEqual(['response'])
  const stored = readChatJob.run({ ...head, storedId: 'resp_7' }, [answer])
  const [response, parts] = stored.bodies.map((body) => JSON.parse(body.toString()))
  expect(response).toMatchObject({ id: 'resp_7', store: true })
  expect(parts).toMatchObject([{ type: 'text', text: 'A.' }])
})

test.each(['oops', '{}', 'null', '{"type":"error","error":{"message":"m"}}'])('%s is no answer', (text) => {
  expect(readChatJob.run(head, [Buffer.from(text)])).toEqual({ told: undefined, bodies: [] })
})

test('vectors are printed for the caller, one for each text', () => {
  const vectors = {
    operation: '/v1/embeddings',
    upstream: 'gemini',
    printed,
    asked: { encoding: 'float', inputs: 1, estimatedInput: 1 },
  } as const
  const read = readEmbeddingsJob.run(vectors, [Buffer.from('{"embeddings":[{"values":[1,2]}]}')])
  expect(JSON.parse(Buffer.concat(read.bodies).toString()).data).toMatchObject([{ embedding: [1, 2] }])
  expect(readEmbeddingsJob.run(vectors, [Buffer.from('{"embeddings":[]}')])).toEqual({ told: undefined, bodies: [] })
  expect(readEmbeddingsJob.run({ ...vectors, upstream: 'anthropic' }, [answer]).told).toBeUndefined()
  expect(readChatJob.run({ ...head, operation: '/v1/embeddings' }, [answer]).told).toBeUndefined()
})
