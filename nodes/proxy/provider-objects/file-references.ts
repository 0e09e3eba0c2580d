// Files that a request to a model names: the ids of their owner are found in its body, to become the provider's own. Only
// an id that opens, and belongs to whoever asks, is one; every other text stays what it is.
import type { ObjectIds, ObjectRef } from './object-ids.ts'

export interface FileReference {
  /** The JSON string with its quotes: bytes [start, end) of the body. */
  readonly start: number
  readonly end: number
  readonly ref: ObjectRef
}

/** Of one request at most: each is opened, and a caller could write many. */
const referencesMax = 256
const idString = /"(file-hg-[\w-]{1,1500})"/g

/** Within a longer string the quotes would be escaped, so what is found is a whole string. */
export function fileReferences(body: Buffer, ids: ObjectIds, owner: string): FileReference[] {
  const found: FileReference[] = []
  for (const { index, 0: text, 1: id = '' } of body.latin1Slice().matchAll(idString)) {
    if (found.length >= referencesMax) break
    const ref = ids.open(id, 'file')
    if (ref?.owner === owner) found.push({ start: index, end: index + text.length, ref })
  }
  return found
}
