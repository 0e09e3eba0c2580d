import { expect, test } from 'vitest'
import { scanForm } from '../../../shared/form/scan-form.ts'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { boundary, type TestPart, testForm } from '../request/test-form.ts'
import { imageUnits, noUnits, rerankUnits, speechUnits, transcriptUnits, type UnitCounter } from './billable-units.ts'

function ofAnswer(counter: UnitCounter, answer: object | string) {
  return counter.ofAnswer(Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer)))
}

test.each<[string, object | string, number | undefined]>([
  ['pictures as bytes', { data: [{ b64_json: 'x' }, { b64_json: 'y' }] }, 2],
  ['pictures by URL', { data: [{ url: 'a' }, { url: 'b' }, { url: 'c' }] }, 3],
  [
    'pictures with both, one of them null',
    {
      data: [
        { b64_json: 'x', url: null },
        { b64_json: 'y', url: null },
      ],
    },
    2,
  ],
  ['pictures by URL with bytes that are null', { data: [{ b64_json: null, url: 'a' }] }, 1],
  ['spaces before the null', '{"data":[{"b64_json" :  null,"url":"a"},{"url":"b"}]}', 2],
  [
    'the word in a prompt that is repeated',
    { data: [{ url: 'a', revised_prompt: 'say "url": x and "b64_json": y' }] },
    1,
  ],
  ['no pictures', { data: [] }, undefined],
  ['no JSON', 'oops', undefined],
])('%s are counted', (_, answer, amount) => {
  expect(ofAnswer(imageUnits, answer)).toEqual(amount === undefined ? undefined : { unit: 'images', amount })
})

test.each<[string, object | string, number | undefined]>([
  ['usage by duration', { text: 'x', usage: { type: 'duration', seconds: 12 } }, 12],
  ['the duration of a verbose transcript', { text: 'x', duration: 2.5 }, 2.5],
  ['a duration that is text', { duration: '8.470000267028809' }, 8.470000267028809],
  ['usage before a duration', { usage: { seconds: 3 }, duration: 2.5 }, 3],
  ['usage by tokens', { text: 'x', usage: { type: 'tokens', input_tokens: 9 } }, undefined],
  ['a negative duration', { duration: -1 }, undefined],
  ['an absurd duration', { duration: 1e12 }, undefined],
  ['an empty duration', { duration: '' }, undefined],
  ['a list', [1], undefined],
  ['plain text', 'Hello.', undefined],
])('seconds of audio are read from %s', (_, answer, amount) => {
  expect(ofAnswer(transcriptUnits, answer)).toEqual(amount === undefined ? undefined : { unit: 'seconds', amount })
})

test.each<[string, object | string, number | undefined]>([
  ['an answer', { meta: { billed_units: { search_units: 2 } } }, 2],
  ['a free answer', { meta: { billed_units: { search_units: 0 } } }, 0],
  ['a negative number', { meta: { billed_units: { search_units: -1 } } }, undefined],
  ['an absurd number', { meta: { billed_units: { search_units: 1e10 } } }, undefined],
  ['a text', { meta: { billed_units: { search_units: '2' } } }, undefined],
  ['another answer', { results: [] }, undefined],
  ['a list', { meta: [] }, undefined],
])('search units are read from %s', (_, answer, amount) => {
  expect(ofAnswer(rerankUnits, answer)).toEqual(amount === undefined ? undefined : { unit: 'search-units', amount })
})

test.each([
  ['Grüße', 5],
  ['😀😀', 2],
  ['', 0],
  ['\\u0061\\n', 2],
])('speech of %j is charged by %i characters', (text, amount) => {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from(`{"input":"${text}"}`), scan)).toBeUndefined()
  expect(speechUnits.ofRequest?.(scan)).toEqual({ unit: 'characters', amount })
})

test('speech of something that is no text is not counted, and its answer is not read', () => {
  const scan = new BodyScan()
  scanBody(Buffer.from('{"input":["a"]}'), scan)
  expect(speechUnits.ofRequest?.(scan)).toBeUndefined()
  expect(ofAnswer(speechUnits, { usage: { seconds: 3 } })).toBeUndefined()
})

function bytesIn(parts: readonly TestPart[]) {
  const scan = scanForm(Buffer.from(testForm(parts)), boundary)
  if ('message' in scan) throw new Error(scan.message)
  return transcriptUnits.ofForm?.(scan)
}

test('of a form the bytes of its files count, and plain values do not', () => {
  const file = { name: 'file', content: 'Größe', filename: 'a.wav' }
  expect(bytesIn([file, { name: 'model', content: 'whisper' }])).toEqual({ unit: 'bytes', amount: 7 })
  expect(bytesIn([file, file])).toEqual({ unit: 'bytes', amount: 14 })
  expect(bytesIn([{ name: 'model', content: 'whisper' }])).toEqual({ unit: 'bytes', amount: 0 })
})

test('an operation that is charged by tokens alone has no units', () => {
  expect(ofAnswer(noUnits, { usage: { seconds: 3 } })).toBeUndefined()
})
