import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { StartJournal } from './start-journal.ts'

let folder: string
let path: string
let nowMs: number
/** Signs that the run before ended for want of memory. */
let signs = { oomKills: 0, isMarked: false }
const memory = { oomKills: () => signs.oomKills, takeMark: () => signs.isMarked }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headgate-journal-'))
  path = join(folder, 'starts.json')
  nowMs = 1_700_000_000_000
  signs = { oomKills: 7, isMarked: false }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Starts a process with a clock of its own: its timers die with it. */
function started() {
  const clock = new ManualClock(nowMs)
  const journal = new StartJournal(path, clock, memory)
  const wait = (ms: number) => {
    clock.advance(ms)
    nowMs += ms
  }
  return { journal, wait }
}

/** Runs a process that serves `revision` for `ms` and is then killed. */
function killedAfter(ms: number, revision: number): StartJournal {
  const { journal, wait } = started()
  journal.begin()
  journal.serving(revision)
  wait(ms)
  return journal
}

test('three kills soon after a new configuration: the fourth start holds it back, and so do later ones', () => {
  killedAfter(40_000, 5)
  for (let i = 0; i < 3; i++) killedAfter(1_000, 6)
  const { journal: fourth, wait } = started()
  expect([fourth.crashes, fourth.begin()]).toEqual([4, { revision: 5, until: 6 }])
  fourth.end()
  wait(600_000)
  const fifth = started().journal
  expect([fifth.crashes, fifth.begin()]).toEqual([0, { revision: 5, until: 6 }])
})

test('a newer configuration is tried, and holds as well as any other', () => {
  killedAfter(40_000, 5)
  for (let i = 0; i < 3; i++) killedAfter(1_000, 6)
  const { journal: held, wait } = started()
  held.begin()
  held.released()
  held.serving(7)
  wait(40_000)
  expect(started().journal.begin()).toBeUndefined()
})

test('a configuration that was served for a while is not suspected, also while newer ones came', () => {
  const { journal, wait } = started()
  journal.begin()
  for (let revision = 1; revision <= 8; revision++) {
    journal.serving(revision)
    wait(4_000)
  }
  for (let i = 0; i < 3; i++) killedAfter(1_000, 3)
  expect(started().journal.begin()).toBeUndefined()
})

test('stops are not counted, and neither are starts that were refused', () => {
  for (let i = 0; i < 5; i++) killedAfter(1_000, 6).end()
  expect(started().journal.crashes).toBe(0)
})

test('a journal that cannot be read is begun anew, one that cannot be written stops nothing', () => {
  writeFileSync(path, '{"starts":[{')
  expect(started().journal.begin()).toBeUndefined()
  const nowhere = new StartJournal(join(folder, 'absent', 'starts.json'), new ManualClock(nowMs), memory)
  nowhere.begin()
  expect(() => nowhere.serving(1)).not.toThrow()
})

test.each([
  ['the kernel has killed', () => signs.oomKills++],
  ['a full heap has ended', () => Object.assign(signs, { isMarked: true })],
])('what %s says nothing about the configuration', (_, end) => {
  killedAfter(40_000, 5)
  for (let i = 0; i < 3; i++) {
    killedAfter(1_000, 6)
    end()
  }
  const next = started().journal
  expect([next.crashes, next.begin()]).toEqual([4, undefined])
})
