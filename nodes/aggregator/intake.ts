// Takes each record once. Batches come at least once, late, twice or out of order; one number per sender and boot, the
// highest sequence taken, tells what is new. A batch whose predecessor is missing is not taken: its sender is asked to
// send again from where we are, so no list of holes is ever needed.
import type { Batch } from '../../shared/telemetry/batch.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'

export interface Source {
  node: string
  epoch: string
  /** Highest sequence in the sums in memory. */
  taken: number
  /** Highest sequence in the database. */
  stored: number
}

export type Intake =
  | { type: 'taken'; source: Source /** How many records at the batch's start were here before. */; skip: number }
  | { type: 'repeated'; source: Source }
  | { type: 'gap'; source: Source }

export class Sources {
  readonly #sources = new Map<string, Source>()

  constructor(stored: Iterable<{ node: string; epoch: string; sequence: number }>) {
    for (const { node, epoch, sequence } of stored) {
      this.#sources.set(epoch, { node, epoch, taken: sequence, stored: sequence })
    }
  }

  /** Epochs are unique among nodes. */
  offer(batch: Pick<Batch, 'node' | 'epoch' | 'firstSequence' | 'previous'> & { count: number }): Intake {
    const source = this.#source(batch.node, batch.epoch)
    const last = batch.firstSequence + batch.count - 1
    if (last <= source.taken) return { type: 'repeated', source }
    if (batch.previous > source.taken) return { type: 'gap', source }
    const skip = Math.max(0, source.taken + 1 - batch.firstSequence)
    source.taken = last
    return { type: 'taken', source, skip }
  }

  #source(node: string, epoch: string): Source {
    const known = this.#sources.get(epoch)
    if (known !== undefined) return known
    const source = { node, epoch, taken: 0, stored: 0 }
    this.#sources.set(epoch, source)
    return source
  }
}

export function newRecords(records: readonly (DecodedRecord | undefined)[], skip: number): DecodedRecord[] {
  return records.slice(skip).filter((record) => record !== undefined)
}
