// Pages of the request history of several aggregators, put together. Each is a list of its own partitions, newest first, in
// an order that all agree on; so the whole is the merge of the lists, as far as every one of them was looked at.
import { compareKeys, type HistoryKey, readKey, showKey } from '../history-key.ts'

export interface HistoryPage<Item = Record<string, unknown>> {
  /** Each with its place (`history-key.ts`), newest first. */
  items: [key: string, item: Item][]
  /** Everything from here on was looked at, and there may be more; absent where there is no more. */
  lookedTo?: string
}

export interface RequestsBody<Item = Record<string, unknown>> {
  items: Item[]
  /** Cursor for `before`; absent at the end. */
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
