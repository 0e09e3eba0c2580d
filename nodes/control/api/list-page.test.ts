import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf } from './list-page.ts'

test('page after page is all of it, in the order of the names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ maxLength: 4 })), fc.integer({ min: 1, max: 7 }), (names, limit) => {
      const all = new Map(names.map((name, index) => [name, index]))
      const seen: [string, number][] = []
      for (let after: string | undefined; ; ) {
        const { entries, next } = pageOf(all, after === undefined ? { limit } : { limit, after })
        expect(entries.length).toBeLessThanOrEqual(limit)
        seen.push(...entries)
        if (next === undefined) break
        after = next
      }
      expect(seen).toEqual([...names].sort().map((name) => [name, all.get(name)]))
    }),
  )
})
