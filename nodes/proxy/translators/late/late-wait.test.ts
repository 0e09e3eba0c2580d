import { expect, test } from 'vitest'
import { done, type Result } from '../../../../shared/result.ts'
import type { Made } from '../translator.ts'
import { LateWait } from './late-wait.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

function waiting() {
  const { promise, resolve, reject } = Promise.withResolvers<Made<number>>()
  const wait = new LateWait()
  const seen: unknown[] = []
  let stops = 0
  const late = { start: () => promise, stop: () => void stops++ }
  const begin = (onMade = (made: Result<number, unknown>) => void seen.push(made)) =>
    wait.begin(late, { onMade, onBug: (error) => seen.push(error) })
  return { wait, seen, begin, resolve, reject, stops: () => stops }
}

test('what was made is told once, and nothing is waited for any more', async () => {
  const { wait, seen, begin, resolve } = waiting()
  begin()
  expect(wait.isWaiting).toBe(true)
  resolve(done(7))
  await turn()
  expect([seen, wait.isWaiting]).toEqual([[done(7)], false])
})

test('once stopped, nothing is told, whatever comes', async () => {
  const made = waiting()
  made.begin()
  made.wait.stop()
  made.resolve(done(7))
  const broken = waiting()
  broken.begin()
  broken.wait.stop()
  broken.reject(new Error('late'))
  await turn()
  expect([made.seen, made.stops(), made.wait.isWaiting, broken.seen]).toEqual([[], 1, false, []])
})

test('what is thrown is told as a bug, whether in the making or behind it', async () => {
  const making = waiting()
  making.begin()
  making.reject('in the making')
  const behind = waiting()
  behind.begin(() => {
    throw 'behind it'
  })
  behind.resolve(done(7))
  await turn()
  expect([making.seen, behind.seen, behind.wait.isWaiting]).toEqual([['in the making'], ['behind it'], false])
})
