import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MarkJournal } from './mark-journal.ts'
import { diskWith } from './test-disk.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'marks-'))
  path = join(folder, 'marks')
})
afterEach(() => rmSync(folder, { recursive: true }))

const mark = (holder: string, amount: number) => ({ key: 'k', window: 7, holder, mark: amount })

test('the last mark of each holder is found after a restart, and erased ones are not', async () => {
  const journal = new MarkJournal(path)
  expect(await Promise.all([journal.write(mark('a', 10)), journal.write(mark('b', 5))])).toEqual([true, true])
  await journal.write(mark('a', 30))
  journal.erase(mark('b', 5))
  await journal.close()
  expect(new MarkJournal(path).marks).toEqual([mark('a', 30)])
})

test('a mark is on the disk when its write resolves', async () => {
  const journal = new MarkJournal(path)
  await journal.write(mark('a', 10))
  expect(readFileSync(path, 'utf8')).toContain('"a",10')
  await journal.close()
})

test('a line that was torn does not count, and the file is written on whole', async () => {
  const journal = new MarkJournal(path)
  await journal.write(mark('a', 10))
  await journal.close()
  appendFileSync(path, '["k",7,"a",9')
  const again = new MarkJournal(path)
  expect(again.marks).toEqual([mark('a', 10)])
  await again.write(mark('c', 1))
  await again.close()
  expect(new MarkJournal(path).marks).toEqual([mark('a', 10), mark('c', 1)])
})

test('a disk that does not sync is told, and marks go on when it does again', async () => {
  let isBroken = true
  const disk = diskWith('settle', (file) => () => (isBroken ? Promise.reject(new Error('EIO')) : file.settle()))
  const journal = new MarkJournal(path, disk)
  expect(await journal.write(mark('a', 10))).toBe(false)
  isBroken = false
  expect(await journal.write(mark('b', 20))).toBe(true)
  await journal.close()
  expect(new MarkJournal(path).marks).toEqual([mark('a', 10), mark('b', 20)])
})
