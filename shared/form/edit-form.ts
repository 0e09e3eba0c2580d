// Edits a form without copying it: the bytes of all other parts are sent unchanged.
import type { FormPart, FormScan } from './scan-form.ts'

/** Replaces the bytes [start, end) by `content`; start = end inserts. */
export interface FormEdit {
  readonly start: number
  readonly end: number
  readonly content: string | Uint8Array
}

export function newContent({ contentStart: start, end }: FormPart, content: string | Uint8Array): FormEdit {
  return { start, end, content }
}

/** Takes whole parts out; they stand in the order of the form. The first part of a form has no line end before its delimiter, so what
 *  goes out from the beginning takes the line end behind it along. */
export function without(parts: readonly FormPart[]): FormEdit[] {
  let front = 0
  const edits: FormEdit[] = []
  for (const { start, end } of parts) {
    if (start <= front) front = end + 2
    else edits.push({ start, end, content: '' })
  }
  return front === 0 ? edits : [{ start: 0, end: front, content: '' }, ...edits]
}

/** Inserts text before a part's file name, in each spelling of the header. Empty for a part without a file name. */
export function namePrefix({ bytes }: FormScan, part: FormPart, prefix: string): FormEdit[] {
  const head = bytes.toString('latin1', part.start, part.contentStart)
  const names = head.matchAll(/;\s*filename(?:\*=[\w-]+'[\w-]*'|="?)/gi)
  return [...names].map(({ index, 0: found }) => {
    const at = part.start + index + found.length
    return { start: at, end: at, content: prefix }
  })
}

/** Pieces to send one after the other: views into the form, and short buffers of our own. Edits must not overlap. */
export function editForm({ bytes }: FormScan, edits: readonly FormEdit[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const { start, end, content } of edits.toSorted((a, b) => a.start - b.start)) {
    if (start > at) pieces.push(bytes.subarray(at, start))
    if (content.length > 0) pieces.push(typeof content === 'string' ? Buffer.from(content) : content)
    at = end
  }
  pieces.push(bytes.subarray(at))
  return pieces
}
