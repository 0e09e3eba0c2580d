import { beforeEach, expect, test } from 'vitest'
import { openMemoryState } from '../../../../cluster/state/memory-state-store.ts'
import type { StateStore } from '../../../../cluster/state/state-store.ts'
import { bounds } from '../../../../shared/bounds.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { AnswerShelf } from './answer-shelf.ts'
import { placesOf } from './kept-answer.ts'

let clock: ManualClock
let store: StateStore
let shelf: AnswerShelf
beforeEach(() => {
  clock = new ManualClock()
  store = openMemoryState({ clock })
  shelf = new AnswerShelf({ store, clock, windowMs: 60_000 })
})

const places = (key: string) => placesOf({ owner: 'team search', keyId: 'key_1' }, key)

async function keep(key: string, bytes: number): Promise<void> {
  await store.put(places(key).claim, Buffer.from(key))
  expect(await shelf.keep(places(key), Buffer.alloc(bytes))).toBe(true)
}

async function kept(...keys: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const key of keys) {
    const { claim, answer } = places(key)
    const both = [await store.get(claim), await store.get(answer)]
    if (both.every((one) => one.ok && one.value !== undefined)) found.push(key)
    else expect(both).toEqual([{ ok: true }, { ok: true }].map((one) => ({ ...one, value: undefined })))
  }
  return found
}

test('the oldest answers are erased where they take too much', async () => {
  const each = 7 << 20
  const fitting = Math.floor(bounds.idempotentBytesMax / each)
  const keys = Array.from({ length: fitting + 2 }, (_, n) => `k${n}`)
  for (const key of keys) await keep(key, each)
  await shelf.sweep()
  expect(await kept(...keys)).toEqual(keys.slice(2))
})

test('an answer is erased when the window is over, with its claim', async () => {
  await keep('early', 10)
  clock.advance(30_000)
  await keep('late', 10)
  clock.advance(30_000)
  await shelf.sweep()
  expect(await kept('early', 'late')).toEqual(['late'])
})

test('an answer that the store does not take is not kept', async () => {
  await store.put(places('taken').answer, Buffer.from('x'))
  expect(await shelf.keep(places('taken'), Buffer.from('y'))).toBe(false)
})
