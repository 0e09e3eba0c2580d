import { expect, test } from 'vitest'
import { checkedLines, noLines } from '../http/checked-lines.ts'
import { heldLines } from './held-lines.ts'
import type { Hold } from './outcome.ts'

const silent: Hold = { settle: () => {} }
const empty: Hold = { ...silent, lines: () => noLines }
const telling = (name: string): Hold => ({ ...silent, lines: () => checkedLines([name, '1']) })

test('the first hold with headers tells them', () => {
  expect(heldLines([silent, empty, telling('a'), telling('b')])).toBe('\r\na: 1')
})

test('holds without headers tell nothing', () => {
  expect(heldLines([])).toBeUndefined()
  expect(heldLines([silent, empty])).toBeUndefined()
})
