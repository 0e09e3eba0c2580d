// `GET /requests` and `/requests/{id}`: metadata of finished requests, newest first. The history is kept as the batches
// that came; this reads them from the newest on and decodes until a page is full.
import { bounds } from '../../../shared/bounds.ts'
import { done } from '../../../shared/result.ts'
import { type MergedAnswer, problem } from '../../../shared/telemetry/answers/answer.ts'
import type { HistoryPage } from '../../../shared/telemetry/answers/history-pages.ts'
import { decodeBatch } from '../../../shared/telemetry/batch.ts'
import type { DecodedRecord, DecodedRequest } from '../../../shared/telemetry/decode.ts'
import { compareKeys, type HistoryKey, readKey, showKey } from '../../../shared/telemetry/history-key.ts'
import type { AggregatorQuery, AttemptRecord } from '../../../shared/telemetry/records.ts'
import { asBuffer, type Block, type BlockSource, newestFirst } from './blocks.ts'
import { type RequestDetail, type RequestItem, requestDetail, requestItem } from './request-body.ts'

interface Filter {
  readonly exact: [name: keyof RequestItem, value: string][]
  /** The text that one of `textNames` must contain, in lower case; undefined matches every request. */
  readonly text: string | undefined
  /** Keys whose names have the text. */
  readonly keys: ReadonlySet<string>
}

/** The fields that a text is looked for in. */
const textNames = [
  ...(['id', 'model', 'askedModel', 'key', 'team', 'user', 'app', 'provider', 'target', 'route', 'errorCode'] as const),
] satisfies (keyof RequestItem)[]

const filterNames = [
  ...(['status', 'errorCode', 'key', 'team', 'user', 'app', 'costCenter'] as const),
  ...(['model', 'provider', 'target', 'route', 'cacheStatus', 'httpStatus', 'stream'] as const),
] satisfies (keyof RequestItem)[]

/** A request's attempts that ended before it lie at most this many blocks before its own. */
const attemptBlocksMax = 256
/** Sorts after the key of every possible block. */
const newest: HistoryKey = { atMs: Number.MAX_SAFE_INTEGER, partition: 0, epoch: '', sequence: 0 }

export class History {
  readonly #source: () => BlockSource

  constructor(source: () => BlockSource) {
    this.#source = source
  }

  page(
    query: AggregatorQuery & { type: 'requests' },
    partitions: readonly number[],
  ): MergedAnswer<HistoryPage<RequestItem>> {
    const limit = Math.trunc(query.limit)
    if (!(limit >= 1 && limit <= bounds.pageItemsMax))
      return problem('limit', `is not from 1 to ${bounds.pageItemsMax}`)
    const before = query.before === undefined ? newest : readKey(query.before)
    if (before === undefined) return problem('before', 'is not a cursor of this list')
    const filter = readFilter(query.filter ?? {})
    if (typeof filter === 'string') return problem(filter, `is not one of ${filterNames.join(', ')}`)
    return done(this.#page({ limit, before, filter, partitions }))
  }

  /** The request of this id; undefined when it is not (or no longer) in the history. */
  find(id: string, partitions: readonly number[]): RequestDetail | undefined {
    const sought = Buffer.from(id)
    if (sought.length === 0) return undefined
    for (const block of newestFirst(this.#source(), partitions, { fromMs: newest.atMs, holding: sought })) {
      const records = recordsOf(block).filter(({ entry }) => entry.record.requestId === id)
      // Callers may send the same id twice: the newest request is meant.
      const found = records.findLast((record) => record.entry.type === 'request')?.entry
      if (found?.type !== 'request') continue
      if (found.attempt !== undefined) return requestDetail(found, [found.attempt])
      return requestDetail(found, this.#attempts(found, block))
    }
    return undefined
  }

  /** Attempts of a request. They are in its own partition, because a request is recorded where its attempts are. */
  #attempts(request: DecodedRequest, own: Block): AttemptRecord[] {
    const attempts: AttemptRecord[] = []
    let blocks = 0
    for (const block of newestFirst(this.#source(), [own.partition], { fromMs: own.atMs })) {
      if (compareKeys(block.key, own.key) > 0) continue
      if (++blocks > attemptBlocksMax) break
      if (!asBuffer(block.bytes).includes(request.record.requestId)) continue
      for (const { entry } of recordsOf(block)) {
        if (entry.type === 'attempt' && entry.record.requestId === request.record.requestId) attempts.push(entry.record)
      }
    }
    return attempts
  }

  #page({ limit, before, filter, partitions }: Page): HistoryPage<RequestItem> {
    const items: [key: string, item: RequestItem][] = []
    let left = bounds.requestHistoryScanMax
    const sought = filter.exact.filter(([name]) => textual(name)).map(([, value]) => Buffer.from(value))
    for (const block of newestFirst(this.#source(), partitions, { fromMs: before.atMs })) {
      if (!sought.every((value) => asBuffer(block.bytes).includes(value))) {
        left -= 64
        if (left <= 0) return { items, lookedTo: showKey(block.key) }
        continue
      }
      for (const { key, entry } of recordsOf(block).reverse()) {
        if (compareKeys(key, before) >= 0) continue
        if (entry.type === 'request') {
          const item = requestItem(entry)
          if (matches(item, filter)) items.push([showKey(key), item])
        }
        if (items.length === limit || --left <= 0) return { items, lookedTo: showKey(key) }
      }
    }
    return { items }
  }
}

interface Page {
  limit: number
  /** Records below it come next. */
  before: HistoryKey
  filter: Filter
  partitions: readonly number[]
}

/** The records of a block without repeated ones, each with its key. */
function recordsOf(block: Block): { key: HistoryKey; entry: DecodedRecord }[] {
  const batch = decodeBatch(block.bytes)
  if (!batch.ok) return []
  return batch.value.records.flatMap((entry, index) =>
    entry === undefined || index < block.skip
      ? []
      : [{ key: { ...block.key, sequence: block.key.sequence + index }, entry }],
  )
}

/** The name of the first filter that is not known, or the filters. */
function readFilter(filter: Readonly<Record<string, string>>): Filter | string {
  const { text, textKeys = '', ...named } = filter
  const exact: Filter['exact'] = []
  for (const [name, value] of Object.entries(named)) {
    const known = filterNames.find((candidate) => candidate === name)
    if (known === undefined) return name
    exact.push([known, String(value)])
  }
  const isEmpty = text === undefined || text.trim() === ''
  return {
    exact,
    text: isEmpty ? undefined : text.trim().toLowerCase(),
    keys: new Set(textKeys.split(',').filter((key) => key !== '')),
  }
}

function matches(item: RequestItem, { exact, text, keys }: Filter): boolean {
  if (!exact.every(([name, value]) => String(item[name]) === value)) return false
  if (text === undefined || keys.has(item.key)) return true
  return textNames.some((name) =>
    String(item[name] ?? '')
      .toLowerCase()
      .includes(text),
  )
}

/** Whether the value stands in a batch as it is, so that batches without it need no decoding. */
function textual(name: keyof RequestItem): boolean {
  return !['status', 'cacheStatus', 'httpStatus', 'stream'].includes(name)
}
