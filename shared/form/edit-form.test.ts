import fc from 'fast-check'
import { expect, test } from 'vitest'
import { editForm, newContent, without } from './edit-form.ts'
import { type FormScan, scanForm } from './scan-form.ts'

const boundary = 'b0und'

function formOf(contents: readonly string[]): string {
  const parts = contents.map(
    (content, n) => `--${boundary}\r\ncontent-disposition: form-data; name="p${n}"\r\n\r\n${content}\r\n`,
  )
  return `${parts.join('')}--${boundary}--\r\n`
}

function scanned(text: string): FormScan {
  const scan = scanForm(Buffer.from(text), boundary)
  if ('message' in scan) throw new Error(scan.message)
  return scan
}

const edited = (scan: FormScan, edits: Parameters<typeof editForm>[1]) =>
  Buffer.concat(editForm(scan, edits)).toString()

test('whichever parts go out, the others stay as they were, and the rest is a form that begins with its boundary', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }), (keep) => {
      const scan = scanned(formOf(keep.map((_, n) => `content ${n}`)))
      const text = edited(scan, without(scan.parts.filter((_, n) => keep[n] === false)))
      expect(text.startsWith(`--${boundary}`)).toBe(true)
      const left = keep.flatMap((isKept, n) => (isKept ? [`content ${n}`] : []))
      expect(scanned(text).parts.map(({ contentStart, end }) => text.slice(contentStart, end))).toEqual(left)
    }),
  )
})

test('parts go out beside one that gets another content', () => {
  const scan = scanned(formOf(['a', 'b', 'c']))
  const [, , last] = scan.parts
  if (last === undefined) throw new Error('the form is too short')
  const text = edited(scan, [...without(scan.parts.slice(0, 2)), newContent(last, 'new')])
  expect(scanned(text).parts.map(({ name, contentStart, end }) => [name, text.slice(contentStart, end)])).toEqual([
    ['p2', 'new'],
  ])
})
