import { describe, expect, test } from 'vitest'
import type { Intent } from './intent.ts'
import { leftoverIntents } from './leftover-intents.ts'
import { type MemoryDisk, testIntent, testJournal } from './test-intents.ts'

/** What the next start would find open, if the process were killed now. */
function foundOpen(disk: MemoryDisk): string[] {
  return leftoverIntents('/intents', [], disk).open.map(({ attempt }) => `${attempt.requestId}#${attempt.index}`)
}

const named = (id: string, more: object = {}) => testIntent({ id, ...more })

function opened(journal: ReturnType<typeof testJournal>['journal'], count: number): Intent[] {
  const intents = Array.from({ length: count }, (_, index) => named(`r${index}`))
  for (const intent of intents) journal.open(intent)
  return intents
}

describe('intents', () => {
  test('are written in one group after some milliseconds, and delay nobody', () => {
    const { journal, disk, clock } = testJournal()
    opened(journal, 3)
    expect([foundOpen(disk), disk.writes]).toEqual([[], 0])
    clock.advance(2)
    expect([foundOpen(disk), disk.writes]).toEqual([['r0#0', 'r1#0', 'r2#0'], 1])
  })

  test('end with the next group', () => {
    const { journal, disk, clock } = testJournal()
    const [first, second] = opened(journal, 3)
    clock.advance(2)
    first!.close()
    second!.close()
    clock.advance(2)
    expect(foundOpen(disk)).toEqual(['r2#0'])
    expect(journal.queues()).toEqual({ intents: { length: 1, dropped: 0 } })
  })

  test('of attempts that have ended are written again as they ended', () => {
    const { journal, disk, clock } = testJournal()
    const [intent] = opened(journal, 1)
    clock.advance(2)
    const { attempt } = leftoverIntents('/intents', [], disk).open[0]!
    intent!.ended = { ...attempt, outcome: 'http-error', costNanoUsd: 0, settlement: undefined }
    journal.update(intent!)
    clock.advance(2)
    const found = leftoverIntents('/intents', [], disk).open
    expect(found.map(({ attempt }) => [attempt.outcome, attempt.costNanoUsd])).toEqual([['http-error', 0]])
    intent!.close()
    clock.advance(2)
    expect(foundOpen(disk)).toEqual([])
  })

  test('more than a group holds are written at once', () => {
    const { journal, disk } = testJournal()
    for (const intent of opened(journal, 30_000)) if (intent.number % 2 === 0) intent.close()
    expect(disk.writes).toBeGreaterThan(5)
    journal.write()
    expect(foundOpen(disk)).toHaveLength(15_000)
  })
})

describe('the file', () => {
  test('is written anew with the open intents alone, and stays small', () => {
    const { journal, disk, clock } = testJournal({ fileBytesMax: 20_000 })
    const long = opened(journal, 2)
    for (let round = 0; round < 200; round++) {
      const short = Array.from({ length: 10 }, (_, index) => named(`short-${round}-${index}`))
      for (const intent of short) journal.open(intent)
      clock.advance(2)
      for (const intent of short) intent.close()
      clock.advance(2)
      const files = [...disk.files.values()]
      expect(files).toHaveLength(1)
      expect(files[0]!.length).toBeLessThan(30_000)
    }
    expect(foundOpen(disk)).toEqual(['r0#0', 'r1#0'])
    for (const intent of long) intent.close()
    journal.stop()
    expect(disk.files.size).toBe(0)
  })

  test('stays at a stop where an attempt has no record yet', () => {
    const { journal, disk } = testJournal()
    opened(journal, 1)
    journal.stop()
    expect(foundOpen(disk)).toEqual(['r0#0'])
  })
})

describe('a disk that takes nothing', () => {
  test('is told once; attempts go on, and what is not written is counted', () => {
    const { journal, disk, clock, notices } = testJournal()
    opened(journal, 2)
    clock.advance(2)
    disk.broken = 'ENOSPC: no space left on device'
    opened(journal, 3)
    clock.advance(2)
    opened(journal, 4)
    clock.advance(1_000)
    expect(notices).toEqual([{ type: 'intents-failed', message: disk.broken }])
    expect(journal.queues()['intents']).toEqual({ length: 9, dropped: 9 })
    expect(journal.troubles()).toMatchObject([{ level: 'degraded' }])
  })

  test('has all open intents as soon as it takes them again', () => {
    const { journal, disk, clock } = testJournal()
    const [first, second] = opened(journal, 2)
    clock.advance(2)
    disk.broken = 'EIO'
    first!.close()
    clock.advance(2)
    disk.broken = undefined
    clock.advance(5_000)
    journal.open(named('later'))
    clock.advance(2)
    expect([foundOpen(disk), journal.troubles(), disk.files.size]).toEqual([['r1#0', 'later#0'], [], 1])
    second!.close()
    clock.advance(2)
    expect(foundOpen(disk)).toEqual(['later#0'])
  })
})

describe('a strict journal', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve))

  test('lets attempts go once their intents are on the disk, many with one sync', async () => {
    const { journal, disk } = testJournal({ isStrict: true })
    const told: boolean[] = []
    let syncs = 0
    const gate = Promise.withResolvers<void>()
    disk.syncs = () => {
      syncs++
      return gate.promise
    }
    for (const intent of [named('a'), named('b'), named('c')]) {
      journal.open(intent)
      journal.whenSynced((isSynced) => told.push(isSynced))
    }
    await turn()
    expect([foundOpen(disk), told, syncs]).toEqual([['a#0', 'b#0', 'c#0'], [], 1])
    journal.open(named('d'))
    journal.whenSynced((isSynced) => told.push(isSynced))
    gate.resolve()
    await turn()
    expect([foundOpen(disk).length, told, syncs]).toEqual([4, [true, true, true, true], 2])
  })

  test.each(['a write', 'a sync'])('keeps attempts back after %s that failed', async (what) => {
    const { journal, disk, clock } = testJournal({ isStrict: true })
    const told: boolean[] = []
    if (what === 'a write') disk.broken = 'EIO'
    else disk.syncs = () => Promise.reject(new Error('EIO'))
    for (const id of ['a', 'b']) {
      journal.open(named(id))
      journal.whenSynced((isSynced) => told.push(isSynced))
      await turn()
    }
    expect(told).toEqual([false, false])
    disk.broken = undefined
    disk.syncs = undefined
    clock.advance(5_000)
    journal.open(named('c'))
    journal.whenSynced((isSynced) => told.push(isSynced))
    await turn()
    expect([told.at(-1), foundOpen(disk)]).toEqual([true, ['a#0', 'b#0', 'c#0']])
  })
})
