import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headerBlock } from './header-block.ts'

test('status and headers become one block', () => {
  expect(headerBlock(200, ['a', '1', 'b', '2'])).toBe('200 OK\r\na: 1\r\nb: 2')
  expect(headerBlock(599, [])).toBe('599 Status')
})

test.each([
  ['a line break in a value', 'x', 'a\r\nset-cookie: e=1'],
  ['a bare carriage return', 'x', 'a\rb'],
  ['a bare line feed', 'x', 'a\nb'],
  ['a NUL', 'x', 'a\0b'],
  ['a DEL', 'x', 'a\x7fb'],
  ['an 8-bit character', 'x', 'caf\xe9'],
  ['a character that folds to a line break in latin1', 'x', 'a\u010d\u010ab'],
  ['a space in a name', 'x y', 'v'],
  ['a colon in a name', 'x:', 'v'],
  ['an upper-case name', 'Content-Length', '5'],
  ['an empty name', '', 'v'],
  ['a second length', 'content-length', '5'],
  ['a second encoding', 'transfer-encoding', 'chunked'],
])('a header with %s is left out', (_what, name, value) => {
  expect(headerBlock(200, [name, value, 'kept', 'v'])).toBe('200 OK\r\nkept: v')
})

test('whatever the headers are, the block holds no other lines than theirs', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a\r\nb: c', '\r', '\n', 'x'))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 12 }), (headers) => {
      const [status, ...lines] = headerBlock(200, headers).split('\r\n')
      expect(status).toBe('200 OK')
      expect(lines.length).toBeLessThanOrEqual(headers.length / 2)
      for (const line of lines) expect(line).toMatch(/^[!#$%&'*+\-.^_`|~0-9a-z]+: [\t\x20-\x7e]*$/)
    }),
    { numRuns: 200 },
  )
})
