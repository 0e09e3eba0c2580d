import { expect, test } from 'vitest'
import { OpenRequests } from './open-requests.ts'

test('a key has so many places, and another key its own', () => {
  const open = new OpenRequests(2)
  const places = [open.enter('a'), open.enter('a')]
  expect(open.enter('a')).toBeUndefined()
  expect(open.enter('b')).toBeDefined()
  places[0]?.leave()
  expect(open.enter('a')).toBeDefined()
  expect(open.enter('a')).toBeUndefined()
})

test('what had a place keeps one, and counts', () => {
  const open = new OpenRequests(1)
  const first = open.enter('a')
  const session = open.stay('a')
  first?.leave()
  expect(open.enter('a')).toBeUndefined()
  session.leave()
  expect(open.enter('a')).toBeDefined()
})

test('keys without an open request are forgotten, and those with one are not', () => {
  const open = new OpenRequests(1)
  const held = open.enter('held')
  for (let i = 0; i < 25_000; i++) open.enter(`key ${i}`)?.leave()
  expect(open.enter('held')).toBeUndefined()
  held?.leave()
  expect(open.enter('held')).toBeDefined()
})
