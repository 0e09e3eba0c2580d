// One page of a list, in the order of its keys (by code unit, the same in every locale).
import type { Call } from './route.ts'

export interface Page<Value> {
  entries: [string, Value][]
  /** Value of `after` for the next page. */
  next?: string
}

/** Reads `limit` and `after` of a query that was checked by the route. */
export function pageOf<Value>(all: ReadonlyMap<string, Value>, query: Call['query']): Page<Value> {
  const { limit, after } = query as { limit: number; after?: string }
  const names = firstNames(all.keys(), { after, most: limit + 1 })
  const page = names.slice(0, limit)
  const entries = page.map((name): [string, Value] => [name, all.get(name)!])
  const last = page.at(-1)
  return names.length > limit && last !== undefined ? { entries, next: last } : { entries }
}

/** The first names of a page. It does not sort a hundred thousand names for a few. `after` need not exist any more. */
function firstNames(names: Iterable<string>, { after, most }: { after: string | undefined; most: number }): string[] {
  const first: string[] = []
  for (const name of names) {
    if (after !== undefined && name <= after) continue
    if (first.length === most && name > first[most - 1]!) continue
    first.splice(placeOf(first, name), 0, name)
    if (first.length > most) first.pop()
  }
  return first
}

function placeOf(sorted: readonly string[], name: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < name) low = middle + 1
    else high = middle
  }
  return low
}
