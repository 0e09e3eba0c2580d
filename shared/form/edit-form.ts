// Changes a form without copying it: the bytes of all other parts go out as they came.
import type { FormPart, FormScan } from './scan-form.ts'

export interface FormEdit {
  readonly part: FormPart
  /** The new content; undefined takes the whole part out. */
  readonly content: string | Uint8Array | undefined
}

/** To be sent one after the other: views into the form and short buffers of our own. A form keeps at least one part. */
export function editForm({ bytes }: FormScan, edits: readonly FormEdit[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const { part, content } of edits.toSorted((a, b) => a.part.start - b.part.start)) {
    const [start, end] = content === undefined ? outOf(part) : [part.contentStart, part.end]
    if (start > at) pieces.push(bytes.subarray(at, start))
    if (content !== undefined && content.length > 0) pieces.push(Buffer.from(content))
    at = end
  }
  pieces.push(bytes.subarray(at))
  return pieces
}

/** The first part has no line end before its delimiter: it goes with the one that follows. */
function outOf({ start, end }: FormPart): [number, number] {
  return start === 0 ? [0, end + 2] : [start, end]
}
