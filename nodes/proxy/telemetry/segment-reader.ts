// Reads the finished batches of a segment piece by piece with asynchronous I/O: a segment is 16 MiB, and the proxy has
// answers to send meanwhile.
import { open } from 'node:fs/promises'
import { type BatchExtent, scanBatches } from '../../../shared/telemetry/batch.ts'
import type { Segment } from './spool.ts'

export interface SpooledBatch {
  bytes: Uint8Array
  first: number
  last: number
}

/**
 * The segment may grow while it is read: `closedBytes` is read again for each piece. `pieceBytes` must hold any batch.
 * `onUnreadable` is called once where the rest of the segment is unreadable, with the size of that rest.
 */
export async function* readSegment(
  segment: Segment,
  pieceBytes: number,
  onUnreadable: (bytes: number) => void,
): AsyncGenerator<SpooledBatch, void> {
  const file = await open(segment.path, 'r')
  try {
    const piece = Buffer.allocUnsafe(pieceBytes)
    for (let offset = 0; offset < segment.closedBytes; ) {
      const limit = segment.closedBytes
      const { bytesRead } = await file.read(piece, 0, Math.min(pieceBytes, limit - offset), offset)
      const { batches, end } = scanBatches(piece.subarray(0, bytesRead))
      const atEnd = offset + bytesRead >= limit
      // The last batch of a piece may continue in the next one, so it is read again from its start.
      const whole = atEnd ? batches : batches.slice(0, -1)
      for (const extent of whole) if (extent.count > 0) yield batchAt(piece, extent)
      const next = atEnd ? end : (batches.at(-1)?.start ?? 0)
      if (next === 0 || (atEnd && end < bytesRead)) {
        onUnreadable(limit - offset - next)
        return
      }
      offset += next
    }
  } finally {
    await file.close()
  }
}

function batchAt(piece: Buffer, extent: BatchExtent): SpooledBatch {
  const bytes = new Uint8Array(piece.subarray(extent.start, extent.end))
  return { bytes, first: extent.firstSequence, last: extent.firstSequence + extent.count - 1 }
}
