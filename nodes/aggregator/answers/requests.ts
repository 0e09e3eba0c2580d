// `GET /requests` and `/requests/{id}`: metadata of finished requests, newest first. The history is kept as the batches
// that came; this reads them from the newest on and decodes until a page is full.
import { limits } from '../../../shared/limits.ts'
import { done } from '../../../shared/result.ts'
import { decodeBatch } from '../../../shared/telemetry/batch.ts'
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AggregatorQuery, AttemptRecord } from '../../../shared/telemetry/records.ts'
import { newRecords } from '../intake.ts'
import type { HistoryBlock, UsageStore } from '../store/usage-store.ts'
import { type Answer, problem } from './answer.ts'
import { type RequestDetail, type RequestItem, requestDetail, requestItem } from './request-body.ts'

export interface RequestsBody {
  items: RequestItem[]
  /** Cursor for `before`; absent at the end. */
  next?: string
}

type Block = Pick<HistoryBlock, 'id' | 'skip' | 'bytes'>
type Filter = [name: keyof RequestItem, value: string][]

const filterNames = [
  ...(['status', 'errorCode', 'key', 'team', 'user', 'app', 'costCenter'] as const),
  ...(['model', 'provider', 'target', 'route', 'cacheStatus', 'httpStatus', 'stream'] as const),
] satisfies (keyof RequestItem)[]

/** A request's attempts that ended before it lie at most this many blocks before its own. */
const attemptBlocksMax = 256

export class History {
  readonly #store: () => UsageStore | undefined
  readonly #pending: () => readonly HistoryBlock[]

  /** `pending` are blocks taken and not committed, oldest first. */
  constructor(store: () => UsageStore | undefined, pending: () => readonly HistoryBlock[]) {
    this.#store = store
    this.#pending = pending
  }

  page(query: AggregatorQuery & { type: 'requests' }): Answer<RequestsBody> {
    const limit = Math.trunc(query.limit)
    if (!(limit >= 1 && limit <= limits.pageItemsMax))
      return problem('limit', `is not from 1 to ${limits.pageItemsMax}`)
    const before = query.before === undefined ? undefined : readCursor(query.before)
    if (query.before !== undefined && before === undefined) return problem('before', 'is not a cursor of this list')
    const filter = readFilter(query.filter ?? {})
    if (typeof filter === 'string') return problem(filter, `is not one of ${filterNames.join(', ')}`)
    return done(this.#page(limit, before ?? { block: Number.MAX_SAFE_INTEGER, index: 0 }, filter))
  }

  /** Undefined when it is not (or no longer) in the history. */
  find(id: string): RequestDetail | undefined {
    const sought = Buffer.from(id)
    if (sought.length === 0) return undefined
    let found: DecodedRequest | undefined
    const attempts: AttemptRecord[] = []
    const take = (block: Block): void => {
      for (const record of recordsOf(block)) {
        if (record.record.requestId !== id) continue
        if (record.type === 'attempt') attempts.push(record.record)
        // Callers may send the same id twice: the newest request is meant.
        else found = record
      }
    }
    const own = firstOf(this.#holding(sought, 0), (block) => {
      take(block)
      return found !== undefined
    })
    if (own === undefined || found === undefined) return undefined
    if (found.attempt !== undefined) return requestDetail(found, [found.attempt])
    const wanted = found
    for (const block of this.#holding(sought, own.id - attemptBlocksMax)) if (block.id < own.id) take(block)
    return requestDetail(wanted, attempts)
  }

  #page(limit: number, before: Cursor, filter: Filter): RequestsBody {
    const items: RequestItem[] = []
    let last = before
    let left = limits.requestHistoryScanMax
    const sought = filter.filter(([name]) => textual(name)).map(([, value]) => Buffer.from(value))
    for (const block of this.#newestFirst(before.block)) {
      if (!sought.every((value) => asBuffer(block.bytes).includes(value))) {
        last = { block: block.id, index: 0 }
        left -= 64
        if (left <= 0) return { items, next: showCursor(last) }
        continue
      }
      const records = recordsOf(block)
      const end = block.id === before.block ? Math.min(before.index, records.length) : records.length
      for (let index = end - 1; index >= 0; index--) {
        const record = records[index]!
        last = { block: block.id, index }
        if (record.type === 'request') {
          const item = requestItem(record)
          if (filter.every(([name, value]) => String(item[name]) === value)) items.push(item)
        }
        if (items.length === limit || --left <= 0) return { items, next: showCursor(last) }
      }
    }
    return { items }
  }

  *#newestFirst(from: number): Generator<Block, void> {
    for (const block of this.#pending().toReversed()) if (block.id <= from) yield block
    const statement = this.#store()?.database.prepare(
      'SELECT id, skip, bytes FROM block WHERE id <= ? ORDER BY id DESC',
    )
    if (statement !== undefined) for (const row of statement.iterate(from)) yield blockOf(row)
  }

  *#holding(text: Buffer, fromId: number): Generator<Block, void> {
    for (const block of this.#pending().toReversed()) if (asBuffer(block.bytes).includes(text)) yield block
    const statement = this.#store()?.database.prepare(
      'SELECT id, skip, bytes FROM block WHERE id >= ? AND instr(bytes, ?) > 0 ORDER BY id DESC',
    )
    if (statement !== undefined) for (const row of statement.iterate(fromId, text)) yield blockOf(row)
  }
}

function firstOf(blocks: Iterable<Block>, isIt: (block: Block) => boolean): Block | undefined {
  for (const block of blocks) if (isIt(block)) return block
  return undefined
}

function blockOf(row: Record<string, unknown>): Block {
  return { id: Number(row['id']), skip: Number(row['skip']), bytes: row['bytes'] as Uint8Array }
}

function recordsOf(block: Block): ReturnType<typeof newRecords> {
  const batch = decodeBatch(block.bytes)
  return batch.ok ? newRecords(batch.value.records, block.skip) : []
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

interface Cursor {
  block: number
  /** Records of the block below this index come next. */
  index: number
}

function showCursor({ block, index }: Cursor): string {
  return `${block.toString(36)}.${index.toString(36)}`
}

function readCursor(text: string): Cursor | undefined {
  const match = /^([0-9a-z]{1,10})\.([0-9a-z]{1,6})$/.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { block: Number.parseInt(match[1], 36), index: Number.parseInt(match[2], 36) }
}

/** The name of the first filter that is not known, or the filters. */
function readFilter(filter: Readonly<Record<string, string>>): Filter | string {
  const read: Filter = []
  for (const [name, value] of Object.entries(filter)) {
    const known = filterNames.find((candidate) => candidate === name)
    if (known === undefined) return name
    read.push([known, String(value)])
  }
  return read
}

/** Whether the value stands in a batch as it is, so that batches without it need no decoding. */
function textual(name: keyof RequestItem): boolean {
  return !['status', 'cacheStatus', 'httpStatus', 'stream'].includes(name)
}
