// Merges pages of the request history of several aggregators. Each page lists the records of its partitions, newest
// first, in an order that all aggregators share. The merged page ends where the first of them stopped searching.
import { compareKeys, type HistoryKey, readKey, showKey } from '../history-key.ts'

export interface HistoryPage<Item = Record<string, unknown>> {
  /** The items with their keys (`history-key.ts`), newest first. */
  items: [key: string, item: Item][]
  /** The key up to which this page was searched, when there may be more records. Absent at the end of the history. */
  lookedTo?: string
}

export interface RequestsBody<Item = Record<string, unknown>> {
  items: Item[]
  /** The cursor for `before`; absent at the end. */
  next?: string
}

export function mergedHistory<Item>(pages: readonly HistoryPage<Item>[], limit: number): RequestsBody<Item> {
  const cut = newestOf(pages.flatMap(({ lookedTo }) => (lookedTo === undefined ? [] : (readKey(lookedTo) ?? []))))
  const items = pages
    .flatMap((page) => page.items)
    .flatMap(([text, item]) => {
      const key = readKey(text)
      return key === undefined || (cut !== undefined && compareKeys(key, cut) < 0) ? [] : [{ key, item }]
    })
    .sort((a, b) => compareKeys(b.key, a.key))
  const shown = items.slice(0, limit)
  const last = shown.length === limit ? shown.at(-1)?.key : undefined
  const isMore = items.length > shown.length || cut !== undefined
  const next = isMore ? (last ?? cut) : undefined
  return { items: shown.map(({ item }) => item), ...(next === undefined ? {} : { next: showKey(next) }) }
}

function newestOf(keys: readonly HistoryKey[]): HistoryKey | undefined {
  return keys.toSorted((a, b) => compareKeys(b, a))[0]
}
