import { expect, test } from 'vitest'
import { encodeStored } from '../../conversations/stored-response.ts'
import { kept } from '../../conversations/test-responses.ts'
import { countCharactersJob, type RewriteHead, rewriteJob } from './rewrite-job.ts'

const head: RewriteHead = {
  renames: undefined,
  dialect: 'openai-responses',
  place: { model: 'gpt-x', quirks: {} },
  edits: [],
  modelEdit: undefined,
  fileEdits: [],
  isEnveloped: false,
  historyTurns: undefined,
  referredTurns: undefined,
}
const rewritten = (more: Partial<RewriteHead>, body: object, ...turns: Uint8Array[]) => {
  const { bodies } = rewriteJob.run({ ...head, ...more }, [
    Buffer.from(JSON.stringify(body)),
    ...turns.map((turn) => Buffer.from(turn)),
  ])
  return JSON.parse(Buffer.concat(bodies).toString())
}
const [before, other] = [encodeStored(kept('resp_0')), encodeStored(kept('resp_1'))]

test('turns before a body stand in it', () => {
  const body = { model: 'm', input: 'hi', previous_response_id: 'resp_0' }
  const { input, previous_response_id } = rewritten({ historyTurns: 1 }, body, before)
  expect(input).toMatchObject([{ content: 'question of resp_0' }, { role: 'assistant' }, { content: 'hi' }])
  expect(previous_response_id).toBeUndefined()
})

test('items that it refers to stand in it', () => {
  const body = { model: 'm', input: [{ type: 'item_reference', id: 'in_resp_1' }] }
  expect(rewritten({ referredTurns: 1 }, body, other).input).toMatchObject([{ content: 'question of resp_1' }])
  const both = rewritten({ historyTurns: 1, referredTurns: 1 }, body, before, other)
  expect(both.input).toMatchObject([{ content: 'question of resp_0' }, {}, { content: 'question of resp_1' }])
})

test('a model deep within is set', () => {
  const body = { requests: [{ model: 'models/m', content: {} }] }
  const gemini = { renames: '/v1beta/models:batchEmbedContents', dialect: 'gemini' } as const
  expect(rewritten(gemini, body)).toEqual({ requests: [{ model: 'models/gpt-x', content: {} }] })
})

test('characters are those of Unicode', () => {
  expect(countCharactersJob.run(undefined, [Buffer.from('"a\\u00e9😀\\n"')])).toEqual({ told: 4, bodies: [] })
})
