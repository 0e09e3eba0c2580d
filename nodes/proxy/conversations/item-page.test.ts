import { expect, test } from 'vitest'
import { pageOf } from './item-page.ts'

const items = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, type: 'message' }))

function pageAt(query: string, of: readonly { id: string }[] = items) {
  const page = pageOf(of, new URLSearchParams(query))
  if (!page.ok) return page.error
  const { data, ...rest } = page.value
  return { ...rest, ids: (data as { id: string }[]).map(({ id }) => id).join('') }
}

test.each<[string, string, boolean]>([
  ['', 'edcba', false],
  ['order=asc', 'abcde', false],
  ['order=desc', 'edcba', false],
  ['limit=2', 'ed', true],
  ['limit=5', 'edcba', false],
  ['limit=2&after=d', 'cb', true],
  ['limit=2&after=b', 'a', false],
  ['order=asc&limit=2&after=b', 'cd', true],
  ['order=asc&after=e', '', false],
])('the page %j holds %j', (query, ids, has_more) => {
  const ends = { first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null }
  expect(pageAt(query)).toEqual({ object: 'list', ids, ...ends, has_more })
})

test('twenty are shown where nobody says how many, and a hundred at most', () => {
  const many = Array.from({ length: 150 }, (_, n) => ({ id: `i${n}` }))
  const shown = (query: string) => {
    const page = pageOf(many, new URLSearchParams(query))
    return page.ok ? (page.value['data'] as unknown[]).length : page.error.param
  }
  expect([shown(''), shown('limit=100'), shown('limit=101')]).toEqual([20, 100, 'limit'])
})

test.each([
  ['order=newest', 'order'],
  ['limit=0', 'limit'],
  ['limit=-1', 'limit'],
  ['limit=1.5', 'limit'],
  ['limit=', 'limit'],
  ['limit=1000', 'limit'],
  ['after=zzz', 'after'],
  ['after=', 'after'],
])('the query %j is refused for its %s', (query, param) => {
  expect(pageAt(query)).toMatchObject({ type: 'bad-body', code: 'invalid_value', param })
})

test('a list with nothing in it has no ends', () => {
  expect(pageAt('', [])).toEqual({ object: 'list', ids: '', first_id: null, last_id: null, has_more: false })
})
