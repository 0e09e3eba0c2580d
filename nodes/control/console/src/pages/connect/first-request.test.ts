import { expect, test } from 'vitest'
import { readRequest } from '../../api/requests.ts'
import { firstRequest } from './first-request.ts'

const row = (requestId: string, keyId = 'other') => readRequest({ requestId, keyId })

test('with a new key only its own requests count, and the oldest of them is the first', () => {
  const rows = [row('d'), row('c', 'mine'), row('b', 'mine'), row('a')]
  expect(firstRequest(rows, { keyId: 'mine', knownIds: new Set() })?.requestId).toBe('b')
  expect(firstRequest(rows, { keyId: 'another', knownIds: new Set() })).toBeUndefined()
})

test('without a key the first request that was not there before counts', () => {
  const watch = { keyId: undefined, knownIds: new Set(['a', 'b']) }
  expect(firstRequest([row('b'), row('a')], watch)).toBeUndefined()
  expect(firstRequest([row('d'), row('c'), row('b')], watch)?.requestId).toBe('c')
})

test('nothing counts before it is known what was there', () => {
  expect(firstRequest([row('a')], { keyId: undefined, knownIds: undefined })).toBeUndefined()
})
