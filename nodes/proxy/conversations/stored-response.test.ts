import { expect, test } from 'vitest'
import { encodeStored, keysOf, openStored, responseOfItem, type StoredResponse, stemOf } from './stored-response.ts'
import { kept } from './test-responses.ts'

const held: StoredResponse = { type: 'held', target: 'p/m', provider: 'p', credential: 'main' }

test.each<StoredResponse>([kept('resp_1', ['resp_0'], 9), held])(
  'a response that is $type comes back as it was stored',
  (stored) => {
    const opened = openStored(encodeStored(stored))
    expect(opened?.type === 'kept' ? opened.read() : opened).toMatchObject(stored)
    if (stored.type === 'kept') expect(opened).toMatchObject({ chain: stored.chain, chainBytes: stored.chainBytes })
  },
)

test('a response that an earlier release stored is read, whatever stands in it', () => {
  const turn = kept('resp_1', ['resp_0'], 9)
  const { response, input, parts, chain, chainBytes } = turn
  const odd = { ...response, text: ',"chain":["x"]', nested: { chain: [1], chainBytes: 2 } }
  const old = { version: 1, type: 'kept', response: odd, input, parts, chain, chainBytes }
  expect(openStored(Buffer.from(JSON.stringify(old)))).toMatchObject({ type: 'kept', chain: ['resp_0'], chainBytes: 9 })
})

test('large numbers of a response come back as they were', () => {
  const bytes = Buffer.from(
    '{"version":1,"type":"kept","response":{"n":12345678901234567890},"chain":[],"chainBytes":0}',
  )
  const opened = openStored(bytes)
  expect(JSON.stringify(opened?.type === 'kept' && opened.read())).toContain('12345678901234567890')
})

test.each(['{"version":2,"type":"held"}', '{"type":"held"}', 'oops', '', 'null'])(
  '%j is nothing that this release has stored',
  (text) => {
    expect(openStored(Buffer.from(text))).toBeUndefined()
  },
)

test.each([
  ['team search', ['team search', 'former team search', 'former team:search']],
  ['user u', ['user u', 'former user u', 'former user:u']],
  ['app with a space', ['app with a space', 'former app with a space', 'former app:with a space']],
  ['team_0123456789abcdef01234567', ['team_0123456789abcdef01234567']],
  ['team:search', ['team:search']],
])('what belongs to %j may lie under %j', (owner, places) => {
  const found = keysOf(owner, 'resp_1').map((key) => `${key.former === true ? 'former ' : ''}${key.owner}`)
  expect(found).toEqual(places)
})

const stem = 'a1'.repeat(24)

test.each([
  [`msg_${stem}_3`, `resp_${stem}`],
  [`rs_${stem}_i0`, `resp_${stem}`],
  [`msg_${stem}`, undefined],
  [`msg_${stem}_x`, undefined],
  [`msg_${stem.slice(2)}_3`, undefined],
  [`MSG_${stem}_3`, undefined],
  ['msg_68f0', undefined],
  ['', undefined],
])('the item %s is part of %s', (item, response) => {
  expect(responseOfItem(item)).toBe(response)
})

test('items of a response have the part behind its prefix in common', () => {
  expect([stemOf('resp_abc'), stemOf('abc'), stemOf('resp_a_b')]).toEqual(['abc', 'abc', 'a_b'])
})
