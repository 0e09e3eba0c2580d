// The tail of a last good copy: records of events, each with its length, hash and MAC before its bytes.

import { bounds } from '../../../shared/bounds.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { StoredEvent } from '../log/config-log.ts'
import { foldStored } from '../log/fold-stored.ts'
import type { LogKey } from '../log/log-key.ts'

/** The prefix of a record: length of `bytes` (u32, big-endian), hash (32 bytes), MAC (32 bytes). */
const prefixBytes = 4 + 32 + 32

export function encodeRecord({ bytes, hash, mac }: StoredEvent): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.byteLength)
  return Buffer.concat([length, Buffer.from(hash, 'hex'), Buffer.from(mac, 'hex'), bytes])
}

/** Folds every record that verifies into `state`. Returns what stopped it before the end, if anything. */
export function foldTail(state: ConfigState, content: Buffer, macKey: LogKey): string | undefined {
  let at = 0
  while (at < content.byteLength) {
    const bytesAt = at + prefixBytes
    if (bytesAt > content.byteLength) return `the record after revision ${state.revision} is cut short`
    const length = content.readUInt32BE(at)
    const end = bytesAt + length
    if (length > bounds.changeSetBytesMax) return `the record after revision ${state.revision} has an impossible length`
    if (end > content.byteLength) return `the record after revision ${state.revision} is cut short`
    const record = {
      hash: content.toString('hex', at + 4, at + 36),
      mac: content.toString('hex', at + 36, bytesAt),
      bytes: content.subarray(bytesAt, end),
    }
    const folded = foldStored(state, record, macKey)
    if (!folded.ok) return `revision ${folded.error.revision}: ${folded.error.message}`
    at = end
  }
  return undefined
}
