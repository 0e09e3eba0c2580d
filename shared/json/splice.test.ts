import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BodyScan, scanBody } from './scan.ts'
import { type Edit, editIncludeUsage, editModel, editOut, spliceBody } from './splice.ts'

function scanned(text: string): BodyScan {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from(text), scan)).toBeUndefined()
  return scan
}

function spliced(scan: BodyScan, edits: Edit[]): string {
  const { pieces, length } = spliceBody(scan, edits)
  const bytes = Buffer.concat(pieces)
  expect(bytes.length).toBe(length)
  return bytes.toString()
}

function withUsage(text: string): string {
  const scan = scanned(text)
  const edit = editIncludeUsage(scan)
  return spliced(scan, edit === undefined ? [] : [edit])
}

test('without edits the very bytes of the body are sent', () => {
  const scan = scanned('{"n":1e400}')
  expect(spliceBody(scan, []).pieces[0]).toBe(scan.bytes)
})

test('a byte order mark is not sent on', () => {
  expect(spliced(scanned('\ufeff{"a":1}\n'), [])).toBe('{"a":1}')
})

test('only the model changes when the model changes', () => {
  const scan = scanned('{ "temperature" : 1.0,"model":"alias", "big":12345678901234567890 }')
  const { pieces } = spliceBody(scan, [editModel(scan, 'gpt-"4"')])
  expect(Buffer.concat(pieces).toString()).toBe(
    '{ "temperature" : 1.0,"model":"gpt-\\"4\\"", "big":12345678901234567890 }',
  )
  expect(pieces[0]!.buffer).toBe(scan.bytes.buffer)
})

test.each([
  ['{"model":"a"}', '{"stream_options":{"include_usage":true},"model":"a"}'],
  ['{}', '{"stream_options":{"include_usage":true}}'],
  ['{"stream_options":{}}', '{"stream_options":{"include_usage":true}}'],
  ['{"stream_options":{"x":1}}', '{"stream_options":{"include_usage":true,"x":1}}'],
  ['{"stream_options":{"include_usage" : false , "x":1}}', '{"stream_options":{"include_usage" : true , "x":1}}'],
  ['{"stream_options":{"include_usage":true}}', '{"stream_options":{"include_usage":true}}'],
  ['{"stream_options":null}', '{"stream_options":{"include_usage":true}}'],
])('usage is asked for: %s', (text, expected) => {
  expect(withUsage(text)).toBe(expected)
})

test('a body without a model gets one', () => {
  const scan = scanned('{}')
  expect(spliced(scan, [editModel(scan, 'm')])).toBe('{"model":"m"}')
})

test('edits that overlap are a bug', () => {
  const scan = scanned('{"model":"abc"}')
  const edit = editModel(scan, 'x')
  expect(() => spliceBody(scan, [edit, edit])).toThrow()
})

test('after both edits the body says what it said, with another model and usage asked for', () => {
  const json = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 })
  const options = fc.option(fc.dictionary(fc.constantFrom('include_usage', 'x'), fc.boolean()), { nil: undefined })
  fc.assert(
    fc.property(
      json,
      options,
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(undefined, 2),
      (rest, stream, model, space) => {
        const body = { ...rest, ...(stream === undefined ? {} : { stream_options: stream }), model: 'alias' }
        const scan = new BodyScan()
        if (scanBody(Buffer.from(JSON.stringify(body, null, space)), scan) !== undefined) return
        const usage = editIncludeUsage(scan)
        const text = spliced(scan, [editModel(scan, model), ...(usage === undefined ? [] : [usage])])
        expect(JSON.parse(text)).toEqual({
          ...JSON.parse(JSON.stringify(body)),
          model,
          stream_options: { ...stream, include_usage: true },
        })
      },
    ),
  )
})

test('a list of models goes out, a model and the wish for usage come in, wherever the members stand', () => {
  const rest = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 }), { minKeys: 1, maxKeys: 4 })
  const own = fc.record({ model: fc.constant('alias'), stream_options: fc.constant({ x: 1 }) }, { requiredKeys: [] })
  fc.assert(
    fc.property(rest, own, fc.nat(), fc.constantFrom(undefined, 1), (rest, own, place, space) => {
      const members: [string, unknown][] = Object.entries({ ...rest, ...own }).filter(
        ([name]) => name !== 'models' && name !== '__proto__',
      )
      fc.pre(members.length > 0)
      members.splice(place % (members.length + 1), 0, ['models', ['a', 'b']])
      const scan = new BodyScan()
      if (scanBody(Buffer.from(JSON.stringify(Object.fromEntries(members), null, space)), scan) !== undefined) return
      const edits = [editOut(scan, 'models'), editIncludeUsage(scan), editModel(scan, 'm')]
      const parsed = JSON.parse(
        spliced(
          scan,
          edits.filter((edit) => edit !== undefined),
        ),
      ) as Record<string, unknown>
      const { models: _, ...kept } = JSON.parse(scan.bytes.toString()) as Record<string, unknown>
      expect(parsed).toEqual({ ...kept, model: 'm', stream_options: { ...own.stream_options, include_usage: true } })
    }),
    { numRuns: 300 },
  )
})
