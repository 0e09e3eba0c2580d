import { expect, test } from 'vitest'
import { pageOf } from './item-page.ts'

const items = Array.from({ length: 25 }, (_, n) => ({ id: `i${n}` }))

test('a page has the newest twenty items first', () => {
  expect(page('')).toMatchObject({ first_id: 'i24', last_id: 'i5', has_more: true })
})

test('a page goes on behind the item that is named', () => {
  expect(page('after=i5')).toMatchObject({ first_id: 'i4', last_id: 'i0', has_more: false })
  expect(page('order=asc&after=i22&limit=1')).toMatchObject({ data: [{ id: 'i23' }], has_more: true })
})

test('an empty list is a page', () => {
  expect(pageOf([], new URLSearchParams())).toEqual({
    ok: true,
    value: { object: 'list', data: [], first_id: null, last_id: null, has_more: false },
  })
})

test.each([
  ['order=up', 'order'],
  ['limit=0', 'limit'],
  ['limit=101', 'limit'],
  ['limit=1e1', 'limit'],
  ['after=nobody', 'after'],
])('%s is an error of the parameter %s', (query, param) => {
  expect(pageOf(items, new URLSearchParams(query))).toMatchObject({ ok: false, error: { type: 'bad-body', param } })
})

function page(query: string): unknown {
  const found = pageOf(items, new URLSearchParams(query))
  return found.ok ? found.value : found.error
}
