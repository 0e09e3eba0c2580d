import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { keepMemoryMark, memoryEnds, memoryMarkIn } from './memory-ends.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-memory-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function watched() {
  const path = memoryMarkIn(folder)
  const clock = new ManualClock()
  const memory = { bytes: 0 }
  const timer = keepMemoryMark({ path, clock, limitBytes: 1_000, rss: () => memory.bytes })
  const uses = (bytes: number) => {
    memory.bytes = bytes
    clock.advance(250)
    return existsSync(path)
  }
  return { uses, timer }
}

test('the mark stands while memory is nearly used up', () => {
  const { uses, timer } = watched()
  expect([uses(500), uses(701), uses(900), uses(600)]).toEqual([false, true, true, false])
  timer.cancel()
})

test('a mark that a run has left counts once', () => {
  const { uses, timer } = watched()
  uses(900)
  timer.cancel()
  expect([memoryEnds(folder).takeMark(), memoryEnds(folder).takeMark()]).toEqual([true, false])
})

test('a folder that is gone is no reason to stop', () => {
  const { uses, timer } = watched()
  rmSync(folder, { recursive: true })
  expect(uses(900)).toBe(false)
  timer.cancel()
})
