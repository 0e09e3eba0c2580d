import { expect, test } from 'vitest'
import { RecentMap } from './recent-map.ts'

test('every value is found, whichever was asked for last', () => {
  const map = new RecentMap<object, { readonly name: string }>()
  const [a, b, c] = [{}, {}, {}]
  map.set(a, { name: 'a' })
  map.set(b, { name: 'b' })
  expect([a, a, b, c, a, b].map((key) => map.get(key)?.name)).toEqual(['a', 'a', 'b', undefined, 'a', 'b'])
  map.set(a, { name: 'other' })
  expect([b, a, a].map((key) => map.get(key)?.name)).toEqual(['b', 'other', 'other'])
})
