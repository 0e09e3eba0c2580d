import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { type ParkedBatch, ParkedUsage } from './parked-usage.ts'

let databases: DatabaseSync[] = []
afterEach(() => {
  for (const database of databases) database.close()
  databases = []
})

function opened(database = new DatabaseSync(':memory:')) {
  if (!databases.includes(database)) databases.push(database)
  const parked = new ParkedUsage()
  parked.open(database)
  const commit = (wallMs = 0) => {
    parked.write(wallMs)
    parked.committed()
  }
  return { database, parked, commit }
}

const batch = (text: string, size = 0): ParkedBatch => {
  const bytes = new Uint8Array(Buffer.from(text.padEnd(size)))
  return { partition: 3, sender: 'proxy-1', id: 'x', bytes, atMs: 1_000 }
}
const textOf = ({ bytes }: { bytes: Uint8Array }) => Buffer.from(bytes).toString().trim()

test('what is parked outlives a restart, and is counted once it can be proven', () => {
  const first = opened()
  for (const text of ['a', 'b', 'a']) first.parked.park(batch(text))
  first.commit()
  first.parked.park(batch('a'))
  first.commit()
  const { parked, commit } = opened(first.database)
  expect(parked.state).toEqual({ length: 2, dropped: 0 })
  const taken: string[] = []
  let isFull = true
  const judge = () =>
    parked.judgeAgain(
      (one) => textOf(one) === 'b',
      (one) => {
        if (!isFull) taken.push(textOf(one))
        return isFull ? 'full' : 'taken'
      },
    )
  judge()
  isFull = false
  judge()
  judge()
  expect(taken).toEqual(['b'])
  // A commit that failed comes again.
  parked.write(0)
  commit()
  expect(parked.state).toEqual({ length: 1, dropped: 0 })
  expect(opened(first.database).parked.state.length).toBe(1)
})

test('more rows than are judged at a time are all judged', () => {
  const { database, parked, commit } = opened()
  for (let n = 0; n < 200; n++) parked.park(batch(`${n}`))
  commit()
  const again = opened(database)
  const taken: string[] = []
  for (let n = 0; n < 5; n++) {
    again.parked.judgeAgain(
      () => true,
      (one) => {
        taken.push(textOf(one))
        return 'taken'
      },
    )
  }
  again.commit()
  expect([taken.length, new Set(taken).size, again.parked.state.length]).toEqual([200, 200, 0])
})

test('the room is bounded, and what finds none is counted', () => {
  const { parked, commit } = opened()
  const size = 1 << 20
  for (let n = 0; n < 80; n++) {
    parked.park(batch(`${n}`, size))
    if (n % 10 === 0) commit()
  }
  commit()
  const { length, dropped } = parked.state
  expect(length * size).toBeLessThanOrEqual(bounds.parkedUsageBytesMax)
  expect(length + dropped).toBe(80)
})

test('it is kept as long as the stream keeps its messages', () => {
  const { parked, commit } = opened()
  parked.park(batch('a'))
  commit()
  commit(1_000 + bounds.usageStreamDays * 86_400_000)
  expect(parked.state.length).toBe(1)
  commit(1_001 + bounds.usageStreamDays * 86_400_000)
  expect(parked.state.length).toBe(0)
})
