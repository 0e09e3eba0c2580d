// Finds the ids of files in the body of a request to a model, so that they can be replaced by the provider's own ids. Only an
// id that decrypts and belongs to the caller counts; every other text stays as it is.
import { type Slices, searched } from '../../../shared/work/slices.ts'
import type { ObjectIds, ObjectRef } from './object-ids.ts'

export interface FileReference {
  /** The JSON string with its quotes: bytes [start, end) of the body. */
  readonly start: number
  readonly end: number
  readonly ref: ObjectRef
}

/** Bound of one request: each id is decrypted, and a caller could write many. */
const referencesMax = 256
const candidatesMax = 4_096
const candidatesOfSlice = 64
const mark = Buffer.from('"file-hg-')
const idString = /^"(file-hg-[\w-]{1,1500})"/
const idBytesMax = 1_520

/** A match is always a whole JSON string, because quotes within a longer string would be escaped. */
export function* fileReferences(body: Buffer, ids: ObjectIds, owner: string): Slices<readonly FileReference[]> {
  const found: FileReference[] = []
  let at = 0
  for (let candidates = 1; candidates <= candidatesMax && found.length < referencesMax; candidates++) {
    const start = yield* searched(body, mark, at)
    if (start < 0) break
    const [text = '', id = ''] = idString.exec(body.toString('latin1', start, start + idBytesMax)) ?? []
    const ref = text === '' ? undefined : ids.open(id, 'file')
    if (ref?.owner === owner) found.push({ start, end: start + text.length, ref })
    at = start + mark.length
    if (candidates % candidatesOfSlice === 0) yield
  }
  return found
}
