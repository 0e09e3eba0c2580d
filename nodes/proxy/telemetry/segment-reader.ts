// Reads the finished batches of a segment piece by piece, off the event loop: a segment is 16 MiB and the proxy has
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
 * A segment that grows is followed: it ends where `closedBytes` stands once all before it was taken. `pieceBytes` must
 * hold any batch. A rest that is not readable is told once, with its size.
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
      // The last batch of a piece may go on in the next one: it is read again from its start.
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
