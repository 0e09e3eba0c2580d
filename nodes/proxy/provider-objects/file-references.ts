// Finds the ids of files in the body of a request to a model, so that they can be replaced by the provider's own ids. Only an
// id that decrypts and belongs to the caller counts; every other text stays as it is.
import type { ObjectIds, ObjectRef } from './object-ids.ts'

export interface FileReference {
  /** The JSON string with its quotes: bytes [start, end) of the body. */
  readonly start: number
  readonly end: number
  readonly ref: ObjectRef
}

/** Bound of one request: each id is decrypted, and a caller could write many. */
const referencesMax = 256
const idString = /"(file-hg-[\w-]{1,1500})"/g

/** A match is always a whole JSON string, because quotes within a longer string would be escaped. */
export function fileReferences(body: Buffer, ids: ObjectIds, owner: string): FileReference[] {
  const found: FileReference[] = []
  for (const { index, 0: text, 1: id = '' } of body.latin1Slice().matchAll(idString)) {
    if (found.length >= referencesMax) break
    const ref = ids.open(id, 'file')
    if (ref?.owner === owner) found.push({ start: index, end: index + text.length, ref })
  }
  return found
}
