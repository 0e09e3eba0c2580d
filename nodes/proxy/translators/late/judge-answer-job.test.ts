// A large answer that passes through: what is told of it is the same wherever it is looked at, and it goes on whatever happens.
import { expect, test } from 'vitest'
import { bounds } from '../../../../shared/bounds.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import { testCaller } from '../../request/test-request.ts'
import { PassThrough } from '../pass-through.ts'
import type { WholeAnswer } from '../translator.ts'

const long = 'x'.repeat(bounds.judgedHereBytesMax)
const chat = (more: object) => ({
  choices: [{ message: { role: 'assistant', content: long }, finish_reason: 'stop' }],
  ...more,
})
const cases: readonly (readonly [what: string, operation: string, answer: object | string])[] = [
  ['an answer with usage', '/v1/chat/completions', chat({ usage: { prompt_tokens: 1, completion_tokens: 2 } })],
  ['an answer without', '/v1/chat/completions', chat({})],
  ['an error', '/v1/chat/completions', { ...chat({}), choices: [], error: { message: long } }],
  ['no answer', '/v1/chat/completions', { text: long }],
  ['vectors', '/v1/embeddings', { data: [{ embedding: [1], index: 0, x: long }], usage: { prompt_tokens: 4 } }],
  ['images', '/v1/images/generations', { data: [{ b64_json: long }, { b64_json: 'x' }] }],
  ['a transcript', '/v1/audio/transcriptions', { text: long, duration: 61.5 }],
]

function passed(operation: string) {
  const jobs = new InlineJobs()
  const request = { path: '/', headerLines: '', body: [], units: { unit: 'bytes', amount: 7 } } as const
  const translator = new PassThrough(operationNamed(operation), request, { request: { caller: testCaller }, jobs })
  return { jobs, translator }
}

test.each(cases)('%s', async (_, operation, answer) => {
  const { jobs, translator } = passed(operation)
  const bytes = Buffer.from(JSON.stringify(answer))
  const later = await translator.readLater([bytes.subarray(0, 9), bytes.subarray(9)], 'application/json')?.result
  expect(later?.ok).toBe(true)
  expect(later?.ok && seen(later.value)).toEqual(seen(translator.readAnswer(bytes, 'application/json')))
  expect(jobs.ran).toEqual(['judge an answer'])
})

test.each<[string, object]>([
  ['/v1/chat/completions', { usage: undefined, textBytes: Buffer.byteLength(JSON.stringify(chat({}))) }],
  ['/v1/embeddings', { usage: undefined, textBytes: 0 }],
  ['/v1/images/generations', { units: { unit: 'bytes', amount: 7 }, textBytes: 0 }],
])('an answer of %s that nobody can judge goes on: it is paid for', async (operation, told) => {
  const { jobs, translator } = passed(operation)
  jobs.failure = { type: 'too-complex' }
  const bytes = Buffer.from(JSON.stringify(chat({})))
  const later = await translator.readLater([bytes], 'application/json')?.result
  expect(later?.ok && seen(later.value)).toMatchObject({
    length: bytes.length,
    contentType: 'application/json',
    ...told,
  })
})

function seen(answer: WholeAnswer | undefined) {
  if (answer === undefined) return undefined
  const { body, ...told } = answer
  return { ...told, length: body.length, head: body.toString().slice(0, 20) }
}

test('a smaller one is judged at once', () => {
  expect(passed('/v1/embeddings').translator.readLater([Buffer.alloc(bounds.judgedHereBytesMax)], '')).toBeUndefined()
})
