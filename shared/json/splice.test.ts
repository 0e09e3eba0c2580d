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

test.each([
  ['{"models":["a"]}', '{"model":"m"}'],
  ['{ "models" : ["a"] }', '{"model":"m"  }'],
  ['{"models":["a"],"x":1}', '{"model":"m","x":1}'],
  ['{"x":1,"models":["a"]}', '{"model":"m","x":1}'],
])('a list of models goes out and a model comes in: %s', (text, expected) => {
  const scan = scanned(text)
  expect(spliced(scan, [editOut(scan, 'models')!, editModel(scan, 'm')])).toBe(expected)
})

/** Each edit with its effect on the parsed body. */
const editing = {
  model: (scan: BodyScan) => [editModel(scan, 'm')],
  usage: (scan: BodyScan) => [editIncludeUsage(scan)],
  models: (scan: BodyScan) => [editOut(scan, 'models')],
  user: (scan: BodyScan) => [editOut(scan, 'user')],
  store: (scan: BodyScan) => [editOut(scan, 'store')],
  stream: (scan: BodyScan) => [editOut(scan, 'stream')],
} satisfies Record<string, (scan: BodyScan) => (Edit | undefined)[]>
type Editing = keyof typeof editing

function edited(body: Record<string, unknown>, wanted: readonly Editing[]): Record<string, unknown> {
  const meant = { ...body }
  if (wanted.includes('model')) meant['model'] = 'm'
  if (wanted.includes('usage')) {
    const options = body['stream_options']
    meant['stream_options'] = { ...(typeof options === 'object' ? options : {}), include_usage: true }
  }
  for (const name of wanted) if (name !== 'model' && name !== 'usage') delete meant[name]
  return meant
}

test('any edits together, in any order, leave valid JSON that differs only as asked', () => {
  const known = fc.record(
    {
      model: fc.constant('alias'),
      models: fc.constantFrom(['a', 'b'], []),
      user: fc.string({ unit: 'grapheme' }),
      store: fc.boolean(),
      stream: fc.constantFrom(true, null),
      stream_options: fc.constantFrom({}, { x: 1 }, { include_usage: false, x: ',' }, { include_usage: true }, null, 3),
    },
    { requiredKeys: [] },
  )
  const others = fc.dictionary(fc.constantFrom('n', 'a', '},', '":', '\\'), fc.jsonValue({ maxDepth: 2 }))
  const names = Object.keys(editing) as Editing[]
  const run = (body: object, order: readonly number[], wanted: Editing[], space: string | undefined): void => {
    const members = Object.entries(body).map((member, i) => ({ member, at: order[i % order.length]! }))
    const text = JSON.stringify(
      Object.fromEntries(members.sort((a, b) => a.at - b.at).map(({ member }) => member)),
      undefined,
      space,
    )
    const scan = scanned(text)
    const edits = wanted.flatMap((name) => editing[name](scan)).filter((edit) => edit !== undefined)
    const kept = JSON.parse(text) as Record<string, unknown>
    const after = JSON.parse(spliced(scan, edits)) as Record<string, unknown>
    const meant = edited(kept, wanted)
    expect(after).toEqual(meant)
    // The remaining members keep their order.
    const stayed = Object.keys(kept).filter((name) => name in meant)
    expect(Object.keys(after).filter((name) => name in kept)).toEqual(stayed)
  }
  fc.assert(
    fc.property(
      fc.tuple(known, others).map(([a, b]) => ({ ...b, ...a })),
      fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
      fc.shuffledSubarray(names),
      fc.constantFrom(undefined, ' ', '\t'),
      run,
    ),
    { numRuns: 1_000 },
  )
})
