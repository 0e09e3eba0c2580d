import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editForm, namePrefix, newContent, without } from './edit-form.ts'
import { boundaryOf, type FormPart, type FormScan, scanForm } from './scan-form.ts'

const boundary = 'xYzZY'

function form(...parts: (readonly [head: string, content: string])[]): Buffer {
  return Buffer.from(
    `${parts.map(([head, content]) => `--${boundary}\r\n${head}\r\n\r\n${content}\r\n`).join('')}--${boundary}--\r\n`,
  )
}

const named = (name: string, more = '') => `Content-Disposition: form-data; name="${name}"${more}`

function scanned(bytes: Buffer): FormScan {
  const scan = scanForm(bytes, boundary)
  if ('message' in scan) throw new Error(scan.message)
  return scan
}

const contentOf = ({ bytes }: FormScan, part: FormPart | undefined) =>
  part === undefined ? undefined : bytes.toString('latin1', part.contentStart, part.end)

test('parts are found with their names, file names and contents', () => {
  const scan = scanned(
    form([named('file', '; filename="a;b.wav"\r\nContent-Type: audio/wav'), '\r\n\r\n--x'], [named('model'), 'm']),
  )
  expect(scan.parts.map(({ name, filename }) => [name, filename])).toEqual([
    ['file', 'a;b.wav'],
    ['model', undefined],
  ])
  expect(scan.parts.map((part) => contentOf(scan, part))).toEqual(['\r\n\r\n--x', 'm'])
})

test('what Node makes of a FormData is read as it was written', async () => {
  const field = fc.record({
    name: fc.stringMatching(/^[a-z_[\]]{1,12}$/),
    value: fc.string({ unit: 'binary', maxLength: 60 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(field, { minLength: 1, maxLength: 8 }),
      fc.uint8Array({ maxLength: 200 }),
      async (fields, file) => {
        const data = new FormData()
        for (const { name, value } of fields) data.append(name, value)
        data.append('file', new Blob([file as Uint8Array<ArrayBuffer>]), 'näme "1".bin')
        const response = new Response(data)
        const type = response.headers.get('content-type') ?? ''
        const bytes = Buffer.from(await response.arrayBuffer())
        const scan = scanForm(bytes, boundaryOf(type)!)
        if ('message' in scan) throw new Error(scan.message)
        expect(scan.parts.map(({ name }) => name)).toEqual([...fields.map(({ name }) => name), 'file'])
        const last = scan.parts.at(-1)!
        expect(bytes.subarray(last.contentStart, last.end).equals(Buffer.from(file))).toBe(true)
        // Changing or removing a part leaves all others as they were.
        for (const [index, part] of scan.parts.entries()) {
          const changed = Buffer.concat(editForm(scan, [newContent(part, 'new')]))
          const less = Buffer.concat(editForm(scan, without([part])))
          const after = scanForm(changed, boundaryOf(type)!) as FormScan
          const left = scanForm(less, boundaryOf(type)!) as FormScan
          const contents = (one: FormScan) => one.parts.map((other) => contentOf(one, other))
          expect(contents(after)).toEqual(contents(scan).with(index, 'new'))
          expect(contents(left)).toEqual(contents(scan).toSpliced(index, 1))
        }
      },
    ),
    { numRuns: 100 },
  )
})

test.each<[string, Buffer]>([
  ['no closing boundary', Buffer.from(`--${boundary}\r\n${named('a')}\r\n\r\n1\r\n`)],
  ['a preamble', Buffer.concat([Buffer.from('hello\r\n'), form([named('a'), '1'])])],
  ['an epilogue', Buffer.concat([form([named('a'), '1']), Buffer.from('--more')])],
  ['a bare line feed before a boundary', form([named('a'), `1\n--${boundary}\r\n${named('model')}\r\n\r\nother`])],
  ['a boundary with something behind it', form([named('a'), `1\r\n--${boundary} \r\n${named('model')}\r\n\r\nother`])],
  ['a longer boundary', form([named('a'), `1\r\n--${boundary}more\r\n${named('model')}\r\n\r\nother`])],
  ['no name', form(['Content-Disposition: form-data', '1'])],
  ['two names', form([`${named('a')}; name="model"`, '1'])],
  ['an extended name', form([`${named('a')}; name*=utf-8''model`, '1'])],
  ['an escaped name', form([named('mod\\el'), '1'])],
  ['a percent-encoded name', form([named('m%6fdel'), '1'])],
  ['two dispositions', form([`${named('a')}\r\n${named('model')}`, '1'])],
  ['a folded head line', form([`Content-Disposition: form-data;\r\n name="model"`, '1'])],
  ['a NUL in a head', form([named('mo\0del'), '1'])],
  ['another disposition', form(['Content-Disposition: attachment; name="model"', '1'])],
  ['a part without a head', Buffer.from(`--${boundary}\r\n--${boundary}--`)],
  ['a head without an end', Buffer.from(`--${boundary}\r\n${named('a')}\r\n--${boundary}--`)],
  ['too many parts', form(...Array.from({ length: 257 }, () => [named('a'), '1'] as const))],
  ['nothing', Buffer.alloc(0)],
])('a form with %s is refused', (_, bytes) => {
  expect(scanForm(bytes, boundary)).toHaveProperty('message')
})

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; charset=utf-8; boundary="a:b"', 'a:b'],
  ['multipart/form-data', undefined],
  ['multipart/form-data; boundary=', undefined],
  ['multipart/form-data; boundary=a; boundary=b', undefined],
  [`multipart/form-data; boundary=${'a'.repeat(71)}`, undefined],
  ['multipart/form-data; boundary="a\r\nb"', undefined],
])('the boundary of %s is %s', (type, expected) => {
  expect(boundaryOf(type)).toBe(expected)
})

test('whatever bytes come, the scan ends, and what it finds lies in order', () => {
  const piece = fc.constantFrom('--', boundary, '\r\n', '\n', named('a'), named('model'), ': ', '\0', 'x', '\r\n\r\n')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const bytes = Buffer.from(pieces.join(''))
      const scan = scanForm(bytes, boundary)
      if ('message' in scan) return
      let at = 0
      for (const { start, contentStart, end } of scan.parts) {
        expect(start >= at && contentStart > start && end >= contentStart && end <= bytes.length).toBe(true)
        at = end
      }
    }),
    { numRuns: 2_000 },
  )
})

test.each([
  ['; filename="a.jsonl"', ['pre-a.jsonl']],
  ['; filename="a"; filename*=UTF-8\'\'%C3%A4', ['pre-a']],
  ['; filename=a', ['pre-a']],
])('a file name (%s) is prefixed in every spelling', (more, names) => {
  const scan = scanned(form([named('purpose'), 'batch'], [named('file', more), 'x; filename="y"']))
  const edited = Buffer.concat(editForm(scan, namePrefix(scan, scan.parts[1]!, 'pre-')))
  const again = scanned(edited)
  expect(again.parts.flatMap(({ filename }) => filename ?? [])).toEqual(names)
  expect(contentOf(again, again.parts[1])).toBe('x; filename="y"')
  expect(edited.toString().split('pre-').length - 1).toBe(more.split('filename').length - 1)
})
