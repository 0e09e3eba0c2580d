import { expect, test } from 'vitest'
import { done, fail } from '../../../shared/result.ts'
import { atOnce } from '../../../shared/work/slices.ts'
import { batchLinesInSlices } from './batch-lines.ts'

const nameOf = (model: string) =>
  model.startsWith('m') ? done(`${model}-there`) : fail(`names ${model}, which is not there`)
const read = (text: string) => atOnce(batchLinesInSlices(Buffer.from(text), nameOf))

test('each line gets the name that its model has at the provider, and keeps every other byte', async () => {
  const text = (one: string, other: string) =>
    `{"custom_id":"1","body":{"model":${one},"n":1e400,"x":{"model":"m"}}}\n\n{ "body" : {"messages":[{"model":"q"}], "model": ${other}} , "model":"q"}\r\n`
  const lines = read(text('"mini"', '"m\\u0069d"'))
  expect(lines.ok && lines.value.content.toString()).toBe(text('"mini-there"', '"mid-there"'))
  expect(lines.ok && lines.value.models).toEqual(['mini', 'mid'])
})

test.each([
  ['no model', '{"body":{}}', 'names no model'],
  ['a model beside its body', '{"model":"m","body":{}}', 'names no model'],
  ['no body', '{"custom_id":"1"}', '`body`'],
  ['a body that is text', '{"body":"{}"}', '`body`'],
  ['two bodies', '{"body":{"model":"m"},"body":{"model":"q"}}', 'twice'],
  ['two bodies, one escaped', '{"body":{"model":"m"},"b\\u006fdy":{"model":"q"}}', 'twice'],
  ['two models', '{"body":{"model":"m","mod\\u0065l":"q"}}', 'twice'],
  ['a model that is not there', '{"body":{"model":"q"}}', 'which is not there'],
  ['no JSON', 'hello', 'JSON'],
  ['half of it', '{"body":{"model":"m"}', 'JSON'],
  ['something behind it', '{"body":{"model":"m"}} {}', 'JSON'],
  ['another address', '{"body":{"model":"m","api_base":"http://x"}}', "gateway's"],
])('a line with %s is refused with its number', async (_, line, says) => {
  const lines = read(`{"body":{"model":"m"}}\n${line}\n`)
  expect(lines).toMatchObject({ ok: false, error: { line: 2, message: expect.stringContaining(says) } })
})

test('a file without a request, and one with too many models, is refused', async () => {
  expect(read('\n \n')).toMatchObject({ ok: false })
  const many = Array.from({ length: 5 }, (_, i) => `{"body":{"model":"m${i}"}}`).join('\n')
  expect(read(many)).toMatchObject({ ok: false, error: { line: 5 } })
})

function slicesOf(text: string): number {
  return [...batchLinesInSlices(Buffer.from(text), nameOf)].length
}

test('a long file, and a long line of one, is read in slices', () => {
  expect(slicesOf('{"body":{"model":"m"}}\n'.repeat(1_600))).toBeGreaterThanOrEqual(100)
  expect(slicesOf(`{"body":{"model":"m","n":[${'1,'.repeat(200_000)}1]}}`)).toBeGreaterThanOrEqual(10)
})
