import { expect, test } from 'vitest'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { imageUnits, rerankUnits, speechUnits, transcriptUnits } from './billable-units.ts'

test('images are counted, whichever form they come in', () => {
  const data = [{ url: 'https://a' }, { url: 'https://b' }]
  expect(imageUnits.ofAnswer(json({ data }))).toEqual({ unit: 'images', amount: 2 })
  expect(imageUnits.ofAnswer(json({ data: [{ b64_json: 'aa' }] }))).toEqual({ unit: 'images', amount: 1 })
})

test('an image with both members, one of them null, counts once', () => {
  const data = [{ b64_json: null, url: 'https://a' }]
  expect(imageUnits.ofAnswer(json({ data }))).toEqual({ unit: 'images', amount: 1 })
})

test('a text that looks like a member is not counted', () => {
  const data = [{ url: 'https://a', revised_prompt: 'say "url": twice' }]
  expect(imageUnits.ofAnswer(json({ data }))).toEqual({ unit: 'images', amount: 1 })
})

test('an answer without images has no units', () => {
  expect(imageUnits.ofAnswer(json({ data: [] }))).toBeUndefined()
})

test('speech is counted in Unicode characters', () => {
  const scan = new BodyScan()
  expect(scanBody(json({ input: 'ab😀' }), scan)).toBeUndefined()
  expect(speechUnits.ofRequest?.(scan)).toEqual({ unit: 'characters', amount: 3 })
})

test('a transcript is counted in seconds of its usage, else of its duration', () => {
  const usage = { type: 'duration', seconds: 7 }
  expect(transcriptUnits.ofAnswer(json({ usage, duration: 9 }))).toEqual({ unit: 'seconds', amount: 7 })
  expect(transcriptUnits.ofAnswer(json({ duration: 9 }))).toEqual({ unit: 'seconds', amount: 9 })
  expect(transcriptUnits.ofAnswer(Buffer.from('plain text'))).toBeUndefined()
})

test('a form is counted in the bytes of its files', () => {
  const part = (filename: string | undefined, contentStart: number, end: number) => {
    return { name: 'x', filename, start: 0, contentStart, end, head: '' }
  }
  const form = {
    bytes: Buffer.alloc(0),
    parts: [part('a.mp3', 10, 30), part(undefined, 40, 90), part('b.mp3', 100, 105)],
  }
  expect(transcriptUnits.ofForm?.(form)).toEqual({ unit: 'bytes', amount: 25 })
})

test.each([
  [3, { unit: 'search-units', amount: 3 }],
  [0, { unit: 'search-units', amount: 0 }],
  [-1, undefined],
  ['3', undefined],
  [1e10, undefined],
])('search units of %o are %o', (search_units, units) => {
  expect(rerankUnits.ofAnswer(json({ meta: { billed_units: { search_units } } }))).toEqual(units)
})

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}
