// Pages of the ledger of several aggregators, merged. Each lists the events of its partitions, newest first.
import { compareLedgerKeys, type LedgerKey, readLedgerKey, showLedgerKey } from '../ledger-key.ts'

export type LedgerItem = Readonly<Record<string, string | number | null>>

export interface LedgerPage {
  readonly items: readonly (readonly [key: string, item: LedgerItem])[]
  /** The key up to which this page was searched, when there may be more. */
  readonly lookedTo?: string
}

export interface LedgerBody {
  readonly items: readonly LedgerItem[]
  /** The cursor for `before`; absent at the end. */
  readonly next?: string
}

export function mergedLedger(pages: readonly LedgerPage[], limit: number): LedgerBody {
  const { items, lookedTo } = joinedPages(pages)
  const shown = items.slice(0, limit)
  const last = shown.length === limit ? shown.at(-1)?.[0] : undefined
  const next = items.length > shown.length || lookedTo !== undefined ? (last ?? lookedTo) : undefined
  const listed = shown.map(([, item]) => item)
  return next === undefined ? { items: listed } : { items: listed, next }
}

/** One page of several, as far as all of them were searched. */
export function joinedPages(pages: readonly LedgerPage[]): LedgerPage {
  const cut = newestOf(pages.flatMap(({ lookedTo }) => (lookedTo === undefined ? [] : (readLedgerKey(lookedTo) ?? []))))
  const items = pages
    .flatMap((page) => page.items)
    .flatMap(([text, item]) => {
      const key = readLedgerKey(text)
      return key === undefined || (cut !== undefined && compareLedgerKeys(key, cut) < 0) ? [] : [{ key, text, item }]
    })
    .sort((a, b) => compareLedgerKeys(b.key, a.key))
    .map(({ text, item }) => [text, item] as const)
  return cut === undefined ? { items } : { items, lookedTo: showLedgerKey(cut) }
}

function newestOf(keys: readonly LedgerKey[]): LedgerKey | undefined {
  return keys.toSorted((a, b) => compareLedgerKeys(b, a))[0]
}
