// The history of some partitions as one list, newest first: by the time at which a batch was stored, then by partition,
// boot and sequence. All of these are the batch's own, so every aggregator that keeps a partition has it in the same order,
// and a page can go on at another one.
import { decodeHeader } from '../../../shared/telemetry/batch.ts'
import { compareKeys, type HistoryKey } from '../../../shared/telemetry/history-key.ts'
import type { HistoryBlock, UsageStore } from '../store/usage-store.ts'

export interface Block extends Pick<HistoryBlock, 'id' | 'atMs' | 'skip' | 'bytes' | 'partition'> {
  /** Key of the first record of the block, skipped records included. */
  key: HistoryKey
}

export interface BlockSource {
  /** The stored blocks; undefined while the database cannot be opened. */
  store: UsageStore | undefined
  /** Blocks that were taken and are not yet committed. */
  pending: readonly HistoryBlock[]
}

/** Blocks from `fromMs` backwards. `holding` skips blocks that do not contain that text. */
export function* newestFirst(
  { store, pending }: BlockSource,
  partitions: readonly number[],
  { fromMs, holding }: { fromMs: number; holding?: Uint8Array },
): Generator<Block, void> {
  const wanted = new Set(partitions)
  const waiting = pending
    .filter((block) => wanted.has(block.partition) && block.atMs <= fromMs)
    .filter((block) => holding === undefined || asBuffer(block.bytes).includes(asBuffer(holding)))
  const lists = [waiting.toSorted((a, b) => b.atMs - a.atMs).values()]
  if (store !== undefined) {
    const statements = partitions.map((partition) => storedBlocks(store, partition, fromMs, holding))
    yield* merged([...lists, ...statements])
  } else yield* merged(lists)
}

function* storedBlocks(
  store: UsageStore,
  partition: number,
  fromMs: number,
  holding: Uint8Array | undefined,
): Generator<HistoryBlock, void> {
  const statement = store.database.prepare(`
    SELECT id, atMs, skip, requests, bytes FROM block
    WHERE partition = ? AND atMs <= ? ${holding === undefined ? '' : 'AND instr(bytes, ?) > 0'} ORDER BY atMs DESC`)
  for (const row of statement.iterate(partition, fromMs, ...(holding === undefined ? [] : [holding]))) {
    yield {
      id: Number(row['id']),
      atMs: Number(row['atMs']),
      skip: Number(row['skip']),
      partition,
      requests: Number(row['requests']),
      bytes: row['bytes'] as Uint8Array,
    }
  }
}

/** Lists that are each ordered by time; what has the same time is put in order by the rest of its key. */
function* merged(lists: Iterator<HistoryBlock, void>[]): Generator<Block, void> {
  const heads = lists.map((list) => ({ list, head: list.next().value }))
  for (;;) {
    const atMs = Math.max(...heads.map(({ head }) => head?.atMs ?? Number.NEGATIVE_INFINITY))
    if (atMs === Number.NEGATIVE_INFINITY) return
    const same: Block[] = []
    for (const entry of heads) {
      for (; entry.head?.atMs === atMs; entry.head = entry.list.next().value) {
        const block = keyed(entry.head)
        if (block !== undefined) same.push(block)
      }
    }
    yield* same.sort((a, b) => compareKeys(b.key, a.key))
  }
}

function keyed(block: HistoryBlock): Block | undefined {
  const header = decodeHeader(block.bytes)
  if (header === undefined) return undefined
  const { atMs, partition } = block
  return { ...block, key: { atMs, partition, epoch: header.epoch, sequence: header.firstSequence } }
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
