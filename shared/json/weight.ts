// What the parsed form of a body weighs. A body of many small values takes far more memory than its bytes: each value has a
// place in an object or list, most have an object of their own, and each name is a string.
import { isAscii } from 'node:buffer'
import type { BodyScan } from './scan.ts'

/** Measured with messages of one letter: about 115 bytes for each value, in the parsed form and the conversation made of it. */
const valueBytes = 128
/** While a request is translated there are its strings, its text that is printed, and the bytes of that. */
const copies = 3
/** Below this size the kind of its characters is not looked for. */
const lookedAtBytesMin = 1 << 20

/** Bytes of memory that the parsed form of a scanned body takes, with what is printed from it. */
export function parsedWeight({ bytes, values }: Pick<BodyScan, 'bytes' | 'values'>): number {
  const characterBytes = bytes.length >= lookedAtBytesMin && !isNarrow(bytes) ? 2 : 1
  return bytes.length * copies * characterBytes + values * valueBytes
}

/** Whether each character takes one byte. A single wide one doubles the string that it stands in. */
function isNarrow(bytes: Buffer): boolean {
  return isAscii(bytes) && !bytes.includes('\\u')
}
