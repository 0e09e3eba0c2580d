// One page of a list, in the order of its keys (by code unit, the same in every locale).
import type { Call } from './route.ts'

export interface Page<Value> {
  entries: [string, Value][]
  /** To be given as `after` for the next page. */
  next?: string
}

/** Reads `limit` and `after` of a query that was checked by the route. */
export function pageOf<Value>(all: ReadonlyMap<string, Value>, query: Call['query']): Page<Value> {
  const { limit, after } = query as { limit: number; after?: string }
  const names = [...all.keys()].sort()
  const first = after === undefined ? 0 : firstAfter(names, after)
  const page = names.slice(first, first + limit)
  const entries = page.map((name): [string, Value] => [name, all.get(name)!])
  const last = page.at(-1)
  return first + limit < names.length && last !== undefined ? { entries, next: last } : { entries }
}

/** `after` need not exist any more. */
function firstAfter(names: readonly string[], after: string): number {
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (names[middle]! <= after) low = middle + 1
    else high = middle
  }
  return low
}
