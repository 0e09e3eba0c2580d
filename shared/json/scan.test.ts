import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { WantedField } from './body-fields.ts'
import { BodyScan, lookalikeOf, scanBody } from './scan.ts'
import type { ScanProblem } from './scan-problem.ts'

function manyMembers(count: number): string {
  return Array.from({ length: count }, (_, index) => `"k${index}":${index}`).join(',')
}

function scan(text: string | Buffer): { problem: ScanProblem | undefined; scan: BodyScan } {
  const body = new BodyScan()
  const problem = scanBody(typeof text === 'string' ? Buffer.from(text) : text, body)
  return { problem, scan: body }
}

const chat = '{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":64,"user":"u1"}'

test('the members that the gateway reads are found with their kind and their bytes', () => {
  const { problem, scan: body } = scan(chat)
  expect(problem).toBeUndefined()
  expect(body.text('model')).toBe('gpt-4o')
  expect(body.field('stream')?.kind).toBe('true')
  expect(body.number('max_tokens')).toBe(64)
  expect(body.field('messages')?.kind).toBe('array')
  expect(body.hasContent('messages')).toBe(true)
  expect(body.field('n')).toBeUndefined()
  const span = body.field('messages')!
  expect(body.bytes.toString('utf8', span.start, span.end)).toBe('[{"role":"user","content":"hi"}]')
})

test.each<[string, string | Buffer, Partial<ScanProblem>]>([
  ['an empty body', '', { type: 'empty_body' }],
  ['spaces only', ' \n ', { type: 'empty_body' }],
  ['a truncated body', '{"model":"a",\n "mess', { type: 'invalid_json', line: 2, column: 7, truncated: true }],
  ['a trailing comma', '{"a":1,}', { type: 'invalid_json', line: 1, column: 8, truncated: false }],
  ['a trailing comma in a list', '{"a":[1,]}', { type: 'invalid_json', line: 1, column: 9 }],
  ['NaN', '{\n"a":NaN}', { type: 'invalid_json', line: 2, column: 5 }],
  ['single quotes', "{'a':1}", { type: 'invalid_json', line: 1, column: 2 }],
  ['bytes after the object', '{} {}', { type: 'invalid_json', line: 1, column: 4 }],
  ['a raw newline in a short string', '{"a":"x\ny"}', { type: 'invalid_json', line: 1, column: 8 }],
  ['a raw newline in a long model', `{"model":"${'x'.repeat(50)}\n"}`, { type: 'invalid_json' }],
  ['a raw newline in a long list of models', `{"models":["${'x'.repeat(50)}\n"]}`, { type: 'invalid_json' }],
  ['a raw newline in a long name', `{"${'x'.repeat(50)}\n":1}`, { type: 'invalid_json' }],
  ['a leading zero', '{"a":01}', { type: 'invalid_json', line: 1, column: 7 }],
  ['UTF-16', Buffer.from('{"a":1}', 'utf16le'), { type: 'invalid_json' }],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d]), { type: 'invalid_utf8' }],
  ['a lone high surrogate', '{"a":"\\ud800"}', { type: 'lone_surrogate', line: 1, column: 7 }],
  ['a lone low surrogate', '{"a":"\\udc00\\ud800"}', { type: 'lone_surrogate' }],
  ['a list', '[1]', { type: 'not_an_object' }],
  ['a string', '"x"', { type: 'not_an_object' }],
  ['null', 'null', { type: 'not_an_object' }],
  ['a broken list', '[1', { type: 'invalid_json', truncated: true }],
  ['a depth of 10,000', '['.repeat(10_000), { type: 'too_deep', depthMax: 64 }],
  ['a nested depth of 65', `{"a":${'['.repeat(64)}${']'.repeat(64)}}`, { type: 'too_deep', depthMax: 64 }],
  ['the same name twice', '{"model":"a","x":1,"model":"b"}', { type: 'duplicate_key', key: 'model' }],
  ['the same name, once escaped', '{"model":"a","mod\\u0065l":"b"}', { type: 'duplicate_key', key: 'model' }],
  ['the same name, first escaped', '{"\\u006dodel":"a","model":"b"}', { type: 'duplicate_key', key: 'model' }],
  [
    'include_usage twice',
    '{"stream_options":{"include_usage":false,"include_usage":true}}',
    { type: 'duplicate_key', key: 'include_usage', parent: 'stream_options' },
  ],
  ['a name that differs by its case', '{"Model":"b"}', { type: 'ambiguous_key', key: 'Model', wanted: 'model' }],
  ['the same beside the wanted one', '{"model":"a","MODEL":"b"}', { type: 'ambiguous_key', wanted: 'model' }],
  ['the same, escaped', '{"\\u004dodel":"b"}', { type: 'ambiguous_key', key: 'Model', wanted: 'model' }],
  ['the same by a long s', '{"\u017ftream":true}', { type: 'ambiguous_key', wanted: 'stream' }],
  ['the same by a Kelvin sign', '{"api_\u212aey":"x"}', { type: 'ambiguous_key', wanted: 'api_key' }],
  ['a forbidden name that differs by its case', '{"Api_Base":"x"}', { type: 'ambiguous_key', wanted: 'api_base' }],
  [
    'such a name behind many others',
    `{${manyMembers(100)},"Stream":true}`,
    { type: 'ambiguous_key', wanted: 'stream' },
  ],
  [
    'an option that differs by its case',
    '{"stream_options":{"Include_Usage":true}}',
    { type: 'ambiguous_key', wanted: 'include_usage', parent: 'stream_options' },
  ],
  ['a redirecting parameter', '{"api_base":"http://evil"}', { type: 'forbidden_param', param: 'api_base' }],
  ['the same, escaped', '{"\\u0061pi_base":"http://evil"}', { type: 'forbidden_param', param: 'api_base' }],
])('%s is refused', (_name, text, problem) => {
  expect(scan(text).problem).toMatchObject(problem)
})

test('a depth of 64 is accepted', () => {
  expect(scan(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`).problem).toBeUndefined()
})

test('a byte order mark is left out of the object', () => {
  const { problem, scan: body } = scan(`\ufeff ${chat}`)
  expect(problem).toBeUndefined()
  expect(body.open).toBe(4)
  expect(body.text('model')).toBe('gpt-4o')
})

test('an escaped name and an escaped value are read as what they mean', () => {
  const { scan: body } = scan('{"mo\\u0064el":"gpt\\u002d4\\n","\\u006e":2}')
  expect(body.text('model')).toBe('gpt-4\n')
  expect(body.number('n')).toBe(2)
})

test('names of the object prototype are ordinary data', () => {
  expect(scan('{"__proto__":{"a":1},"constructor":1,"toString":2}').problem).toBeUndefined()
  expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
})

test('an empty list of messages is told from a filled one', () => {
  expect(scan('{"messages":[ \n ]}').scan.hasContent('messages')).toBe(false)
  expect(scan('{"messages":[ 1 ]}').scan.hasContent('messages')).toBe(true)
  expect(scan('{"messages":"x"}').scan.hasContent('messages')).toBe(false)
})

test.each(['Temperature', 'generationConfig', 'modelId', 'STREAMING', 'ſ'])(
  'a name like no other is read: %s',
  (name) => {
    expect(scan(`{"model":"a","${name}":1}`).problem).toBeUndefined()
  },
)

test('a thousand names are still compared with one another', () => {
  const members = Array.from({ length: 1_000 }, (_, index) => `"k${index}":${index}`).join(',')
  expect(scan(`{${members}}`).problem).toBeUndefined()
  expect(scan(`{${members},"k3":0}`).problem).toEqual({ type: 'duplicate_key', key: 'k3' })
  expect(scan(`{${members},"model":"a"}`).scan.text('model')).toBe('a')
})

test('an earlier scan is untouched by a later one', () => {
  const first = scan(chat).scan
  scan('{"model":"other","messages":[]}')
  expect(first.text('model')).toBe('gpt-4o')
  expect(first.hasContent('messages')).toBe(true)
})

// The scan agrees with JSON.parse on all of these, except for the differences that cursor.ts and members.ts name.
function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON with any spacing, any escapes, and long strings. */
const spaced = fc.tuple(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t', ' \n'))
const member = fc.tuple(fc.oneof(fc.constantFrom<string>('model', 'stream', 'n', 'user', 'x'), fc.string()), spaced)

test('what JSON.parse accepts is accepted, with the same values', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(member, { selector: (entry) => entry[0], maxLength: 12 }),
      fc.boolean(),
      (list, ascii) => {
        const members = list.map(
          ([name, [value, space]]) => `${JSON.stringify(name)}: ${JSON.stringify(value, null, space)}`,
        )
        const text = `{${members.join(' ,')}}`
        const sent = ascii ? escapeAll(text) : text
        fc.pre(!list.some(([name]) => name === 'api_base' || lookalikeOf(name) !== undefined))
        const { problem, scan: body } = scan(sent)
        if (problem?.type === 'lone_surrogate') return
        expect(problem).toBeUndefined()
        const parsed = JSON.parse(sent) as Record<string, unknown>
        for (const name of ['model', 'stream', 'n', 'user'] satisfies WantedField[]) {
          const span = body.field(name)
          const has = Object.hasOwn(parsed, name)
          expect(span !== undefined).toBe(has)
          if (span !== undefined) {
            expect(JSON.parse(body.bytes.toString('utf8', span.start, span.end))).toEqual(parsed[name])
            if (typeof parsed[name] === 'string') expect(body.text(name)).toBe(parsed[name])
            if (typeof parsed[name] === 'number') expect(body.number(name)).toBe(parsed[name])
          }
        }
      },
    ),
    { numRuns: 400 },
  )
})

/** Escapes every non-ASCII character inside strings as \\uXXXX. */
function escapeAll(text: string): string {
  return text.replace(/[^\0-\x7f]/g, (character) => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0'))
}

test('a body with one byte changed, dropped or doubled is judged as JSON.parse judges it', () => {
  const long = 'a long text with \\"quotes\\", \\n lines \\u00e9 and \\ud83d\\ude00, '.repeat(4)
  const base = Buffer.from(
    `{"model":"m","messages":[{"role":"user","content":"${long}"},{"a":[1,-2.5e+3,true,false,null,{}]}],"n":[[],{}]}`,
  )
  const change = fc.tuple(
    fc.nat(base.length - 1),
    fc.constantFrom('set', 'drop', 'double', 'cut'),
    fc.integer({ min: 32, max: 126 }),
  )
  fc.assert(
    fc.property(change, ([at, how, byte]) => {
      const changed = mutate(base, at, how, byte)
      const { problem } = scan(changed)
      const text = changed.toString()
      if (problem === undefined) expect(parses(text)).toBe(true)
      else if (problem.type === 'invalid_json') expect(parses(text)).toBe(false)
      else
        expect(['duplicate_key', 'lone_surrogate', 'forbidden_param', 'empty_body', 'ambiguous_key']).toContain(
          problem.type,
        )
    }),
    { numRuns: 3_000 },
  )
})

test('no bytes at all make the scan fail otherwise than with a problem', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, braced) => {
      const body = braced ? Buffer.concat([Buffer.from('{"a":'), bytes, Buffer.from('}')]) : Buffer.from(bytes)
      const { problem } = scan(body)
      if (problem === undefined) JSON.parse(body.toString())
    }),
    { numRuns: 2_000 },
  )
})

function mutate(base: Buffer, at: number, how: string, byte: number): Buffer {
  switch (how) {
    case 'set': {
      const copy = Buffer.from(base)
      copy[at] = byte
      return copy
    }
    case 'drop':
      return Buffer.concat([base.subarray(0, at), base.subarray(at + 1)])
    case 'double':
      return Buffer.concat([base.subarray(0, at), base.subarray(at, at + 1), base.subarray(at)])
    default:
      return base.subarray(0, at)
  }
}

test('a name that comes twice is always found', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 40 })
  fc.assert(
    fc.property(
      fc.uniqueArray(text, { minLength: 1, maxLength: 80 }),
      fc.nat(),
      fc.boolean(),
      (names, pick, escaped) => {
        fc.pre(names.every((name) => lookalikeOf(name) === undefined))
        const twice = names[pick % names.length]!
        const second = escaped ? unicodeEscaped(twice) : JSON.stringify(twice)
        const members = [...names.map((name) => `${JSON.stringify(name)}:1`), `${second}:2`]
        expect(scan(`{${members.join(',')}}`).problem).toEqual({ type: 'duplicate_key', key: twice })
      },
    ),
    { numRuns: 300 },
  )
})

function unicodeEscaped(text: string): string {
  let out = '"'
  for (let i = 0; i < text.length; i++) out += '\\u' + text.charCodeAt(i).toString(16).padStart(4, '0')
  return out + '"'
}
