import { expect, test } from 'vitest'
import { ObjectList } from './object-list.ts'
import { answers, ids, owner, refOf } from './test-files.ts'

const token = (of = owner) => ids.tokenOf({ owner: of, models: [] })
const mine = (id: string) => ({ id, filename: `hg.${token()}.${id}.txt` })
const theirs = (id: string) => ({ id, filename: `hg.${token('team other')}.${id}.txt` })
const foreign = (id: string) => ({ id, filename: `${id}.txt` })

interface Body {
  readonly data: readonly { id: string; filename?: string }[]
  readonly first_id: string | null
  readonly last_id: string | null
  readonly has_more: boolean
}

function listOf(limit = 10, kind: 'file' | 'batch' = 'file') {
  const list = new ObjectList(answers, { kind, owner, limit })
  return (data: unknown, has_more: unknown = false) => {
    const page = list.add(Buffer.from(JSON.stringify({ object: 'list', data, has_more })))
    return page === undefined ? undefined : { body: page.body as Body, next: page.next }
  }
}

/** The provider's own ids of what is shown. */
const shown = ({ data }: Body, kind: 'file' | 'batch' = 'file') => data.map(({ id }) => ids.open(id, kind)?.id)

test("the caller's own objects are shown, under ids of ours and names without a mark", () => {
  const page = listOf()([foreign('a'), mine('b'), theirs('c'), null, 7, mine('d')])
  if (page === undefined) throw new Error('no page')
  expect(shown(page.body)).toEqual(['b', 'd'])
  expect(page.body.data.map(({ filename }) => filename)).toEqual(['b.txt', 'd.txt'])
  expect(page.body).toMatchObject({ first_id: page.body.data[0]?.id, last_id: page.body.data[1]?.id, has_more: false })
  expect(page.next).toBeUndefined()
})

test('batches are told by the mark in their metadata, which is not shown', () => {
  const batch = (id: string, of?: string) => ({ id, metadata: { headgate: token(of), ticket: '7' } })
  const page = listOf(10, 'batch')([batch('a'), batch('b', 'team other'), { id: 'c', metadata: null }, { id: 'd' }])
  expect(page && shown(page.body, 'batch')).toEqual(['a'])
  expect(page?.body.data[0]).toMatchObject({ metadata: { ticket: '7' } })
})

test('pages are asked for until there are enough', () => {
  const add = listOf(3)
  expect(add([mine('a'), foreign('b')], true)?.next).toBe('b')
  expect(add([theirs('c')], true)?.next).toBe('c')
  const last = add([mine('d'), mine('e'), mine('f')], true)
  expect(last?.next).toBeUndefined()
  expect(last && shown(last.body)).toEqual(['a', 'd', 'e'])
  expect(last?.body).toMatchObject({ has_more: true, last_id: last?.body.data[2]?.id })
})

test.each([
  ['the provider has more', [mine('a')], true, true],
  ['another one of the page is left over', [mine('a'), mine('b')], false, true],
  ['only others are left over', [mine('a'), foreign('b')], false, false],
])('a list that is full says whether there is more: %s', (_, data, hasMore, wanted) => {
  expect(listOf(1)(data, hasMore)?.body.has_more).toBe(wanted)
})

test('a list that holds nothing has no ends', () => {
  expect(listOf()([])?.body).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false })
})

test('after twenty pages the search ends, and goes on from a place of its own', () => {
  const add = listOf()
  for (let n = 0; n < 19; n++) expect(add([foreign(`f${n}`)], true)?.next).toBe(`f${n}`)
  const last = add([foreign('f19')], true)
  expect(last?.next).toBeUndefined()
  expect(last?.body).toMatchObject({ data: [], first_id: null, has_more: true })
  expect(ids.open(last?.body.last_id ?? '', 'file')).toBeUndefined()
  expect(ids.open(last?.body.last_id ?? '', 'file-cursor')).toEqual(refOf({ kind: 'file-cursor', id: 'f19' }))
})

test.each([
  ['a page that says that there is more and holds nothing', []],
  ['a page whose last object has no id', [mine('a'), {}]],
])('%s is the last', (_, data) => {
  expect(listOf()(data, true)).toMatchObject({ next: undefined, body: { has_more: false } })
})

test.each(['{}', '{"data":{}}', '[]', 'oops'])('%s is no list', (text) => {
  expect(new ObjectList(answers, { kind: 'file', owner, limit: 1 }).add(Buffer.from(text))).toBeUndefined()
})
