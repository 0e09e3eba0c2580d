import { expect, test } from 'vitest'
import { askSample, jsonTranslators } from '../test-translators.ts'
import { estimateJob } from './estimate-job.ts'

const messages = [{ role: 'user', content: 'How many tokens are these?' }]
const body = { model: 'm', messages }
const operation = '/v1/messages/count_tokens'
const run = (asked: object, path = operation) =>
  estimateJob.run({ operation: path, betas: undefined }, [Buffer.from(JSON.stringify(asked))]).told

test('the tokens are those that are estimated at once', () => {
  const here = jsonTranslators(askSample({ path: operation, body })).estimate()
  expect(here).toMatchObject({ ok: true })
  expect(run(body)).toEqual(here)
})

test('what cannot be read is said', () => {
  expect(run({ model: 'm', messages: [{ role: 'wizard' }] })).toMatchObject({
    ok: false,
    error: { type: 'unreadable' },
  })
  expect(run(body, '/v1/embeddings')).toMatchObject({ ok: false, error: { type: 'unspoken' } })
})
