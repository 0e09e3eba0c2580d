// Documents of 4 MB that cost the parser up to half a minute. What bounds them is counted, so that no clock decides the test.
import { expect, test } from 'vitest'
import { LineCounter } from 'yaml'
import { bounds } from '../bounds.ts'
import { parseDocument } from './document.ts'
import { readYaml } from './read-yaml.ts'

const filled = (unit: (i: number) => string, head = '', tail = '') => {
  const parts = [head]
  for (let i = 0, size = head.length + tail.length; ; i++) {
    const part = unit(i)
    size += part.length
    if (size > bounds.adminBodyBytesMax) return parts.join('') + tail
    parts.push(part)
  }
}

const tooLarge = /^the document is too large/
const tooDeep = /^this is nested too deeply/

test.each<[string, string, RegExp]>([
  ['keys', filled((i) => `k${i}: 1\n`), tooLarge],
  ['teams', filled((i) => `  t${i}: {}\n`, 'teams:\n'), tooLarge],
  ['one key again and again', filled(() => 'k: 1\n'), tooLarge],
  ['a list in brackets', filled(() => '1,', 'a: [', ']'), tooLarge],
  ['a list of JSON', filled(() => '"a",', '{"a":[', '""]}'), tooLarge],
  ['a map in braces', filled((i) => `k${i}: 1,`, 'a: {', '}'), tooLarge],
  ['a list of lines', filled(() => '- 1\n'), tooLarge],
  ['comments', filled(() => '# a\n'), tooLarge],
  ['line ends', filled(() => '\n'), tooLarge],
  ['anchors', filled((i) => `- &a${i} 1\n`), tooLarge],
  ['aliases', filled(() => '- *a\n', '- &a 1\n'), tooLarge],
  ['tags', filled(() => '- !t 1\n'), tooLarge],
  ['keys with question marks', filled(() => '? a\n: b\n'), tooLarge],
  ['brackets that open', filled(() => '['), tooDeep],
  ['braces that open', filled(() => '{'), tooDeep],
  ['lists in lists', filled(() => '- '), tooDeep],
  ['question marks', filled(() => '? '), tooDeep],
  ['maps in one line', filled(() => 'a: b: c\n'), tooDeep],
  ['brackets that close', filled(() => '}'), /Unexpected flow-map-end/],
  ['directives', filled(() => '%X\n'), /directives-end/],
  ['documents', filled(() => '---\n'), /^only one document/],
])('%s: refused within the bounds', (_what, text, message) => {
  const { problems, resources } = parseDocument(text, { format: 'yaml' })
  expect(problems[0]?.message).toMatch(message)
  expect(problems.length).toBeLessThanOrEqual(20)
  expect(resources).toEqual([])
})

test('aliases that repeat aliases are counted as what they stand for', () => {
  const bomb = ['a0: &a0 [1,1,1,1,1,1,1,1,1]']
  for (let i = 1; i < 40; i++)
    bomb.push(
      `a${i}: &a${i} [${Array(9)
        .fill(`*a${i - 1}`)
        .join(',')}]`,
    )
  const { problems } = parseDocument(bomb.join('\n'), { format: 'yaml' })
  expect(problems.some(({ message }) => tooLarge.test(message))).toBe(true)
})

test('a document of ten thousand teams with a comment each is read', () => {
  const text = `teams:\n${Array.from({ length: 10_000 }, (_, i) => `  t${i}: { costCenter: "${i}" } # team ${i}\n`).join('')}`
  const { problems, resources } = parseDocument(text, { format: 'yaml' })
  expect([problems, resources.length]).toEqual([[], 10_000])
})

test('a text is read as one document, with the errors of the parser', () => {
  const read = (text: string) => readYaml(text, new LineCounter())
  expect(read('a: 1')).toMatchObject({ errors: [], contents: { items: [{}] } })
  expect(read('')).toMatchObject({ errors: [], contents: null })
  expect(read('a: 1\n---\nb: 2')).toMatchObject({ errors: [{ code: 'MULTIPLE_DOCS' }] })
  expect(read('a: "')).toMatchObject({ errors: [{ code: 'MISSING_CHAR' }] })
})
