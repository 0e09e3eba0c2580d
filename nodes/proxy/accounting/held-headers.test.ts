import { expect, test } from 'vitest'
import { heldHeaders } from './held-headers.ts'
import type { Hold } from './outcome.ts'

const silent: Hold = { settle: () => {} }
const empty: Hold = { ...silent, headers: () => [] }
const telling = (name: string): Hold => ({ ...silent, headers: () => [name, '1'] })

test('the first hold with headers tells them', () => {
  expect(heldHeaders([silent, empty, telling('a'), telling('b')])).toEqual(['a', '1'])
})

test('holds without headers tell nothing', () => {
  expect(heldHeaders([])).toBeUndefined()
  expect(heldHeaders([silent, empty])).toBeUndefined()
})
