// Takes each record once. Batches come at least once, late, twice or out of order; per sender and boot it is known which
// sequences are here. A batch is taken whatever is missing before it, because from a stream it comes only once; what is
// missing is asked for, and holds back the confirmation until it is here or its sender says that it no longer exists.
import type { Batch } from '../../shared/telemetry/batch.ts'
import type { DecodedRecord } from '../../shared/telemetry/decode.ts'
import { partitionOf } from '../../shared/telemetry/partition.ts'
import { type Hole, Sequences } from '../../shared/telemetry/sequences.ts'

export interface Source {
  node: string
  /** The sender's boot; its name is unique among all nodes. */
  epoch: string
  /** The partition that its last batch came from. */
  partition: number
  /** Sequences that the sums in memory contain. */
  taken: Sequences
  /** The sequence up to which everything is in the database. */
  stored: number
}

export interface StoredSource {
  node: string
  epoch: string
  sequence: number
  holes: readonly Hole[]
}

export interface Intake {
  source: Source
  /** How many records at the batch's start were here before. */
  skip: number
  /** Holes that nobody will fill any more. */
  gone: Hole[]
}

export class Sources {
  readonly #sources = new Map<string, Source>()
  /** The sources with missing sequences. */
  readonly #withHoles = new Set<Source>()

  constructor(stored: Iterable<StoredSource>) {
    for (const { node, epoch, sequence, holes } of stored) {
      const taken = new Sequences(sequence, holes)
      const source = { node, epoch, partition: partitionOf(node), taken, stored: taken.through }
      this.#sources.set(epoch, source)
      this.#noteHoles(source)
    }
  }

  offer(
    batch: Pick<Batch, 'node' | 'epoch' | 'firstSequence' | 'previous'> & {
      count: number
      atMs: number
      partition: number
    },
  ): Intake {
    const source = this.#source(batch)
    const taking = source.taken.take(batch)
    this.#noteHoles(source)
    return { source, ...taking }
  }

  /** Time of the youngest batch before which something of its sender is missing; 0 when nothing is. */
  missedUntilMs(partition: number): number {
    let untilMs = 0
    for (const { taken, ...source } of this.#withHoles) {
      if (source.partition !== partition) continue
      for (const { atMs } of taken.holes) untilMs = Math.max(untilMs, atMs)
    }
    return untilMs
  }

  #noteHoles(source: Source): void {
    if (source.taken.holes.length > 0) this.#withHoles.add(source)
    else this.#withHoles.delete(source)
  }

  #source({ node, epoch, partition }: { node: string; epoch: string; partition: number }): Source {
    const known = this.#sources.get(epoch)
    if (known !== undefined) {
      known.partition = partition
      return known
    }
    const source = { node, epoch, partition, taken: new Sequences(), stored: 0 }
    this.#sources.set(epoch, source)
    return source
  }
}

export function newRecords(records: readonly (DecodedRecord | undefined)[], skip: number): DecodedRecord[] {
  return records.slice(skip).filter((record) => record !== undefined)
}
