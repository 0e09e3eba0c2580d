import { expect, test } from 'vitest'
import { IntentFiles, intentFilesIn } from './intent-files.ts'
import { MemoryDisk } from './test-intents.ts'

function opened(disk = new MemoryDisk()) {
  const files = new IntentFiles({ folder: '/intents', epoch: 'b', disk })
  const begin = (text: string) => {
    files.begin()
    files.append(Buffer.from(text))
  }
  return { files, disk, begin, texts: () => [...disk.files.values()].map(String) }
}

test('a file counts until the next one is whole', () => {
  const { files, begin, texts } = opened()
  expect(files.isOpen).toBe(false)
  begin('one')
  files.switch()
  begin('two')
  expect(texts()).toEqual(['one', 'two'])
  files.switch()
  expect([texts(), files.isOpen]).toEqual([['two'], true])
  files.append(Buffer.from(' more'))
  expect(texts()).toEqual(['two more'])
})

test('after a failure the file is kept as it is, until a later one is whole', () => {
  const { files, begin, texts } = opened()
  begin('one')
  files.switch()
  begin('half')
  files.fail()
  expect([texts(), files.isOpen]).toEqual([['one'], false])
  expect(() => files.append(Buffer.from('x'))).toThrow('no file')
  begin('whole')
  files.switch()
  expect(texts()).toEqual(['whole'])
})

test.each([
  [true, []],
  [false, ['one']],
])('closed as over (%s), what is left is %j', (isOver, left) => {
  const { files, begin, texts } = opened()
  begin('one')
  files.switch()
  files.close(isOver)
  files.close(isOver)
  expect(texts()).toEqual(left)
})

test('a sync waits for the file and for its name', async () => {
  const { files, disk, begin } = opened()
  begin('one')
  files.switch()
  disk.syncs = () => Promise.reject(new Error('EIO'))
  await expect(files.settle()).rejects.toThrow('EIO')
})

test('files of other lives are listed in their order, and others are left alone', () => {
  const names = ['b.00000002.intents', 'a.00000010.intents', 'a.00000009.intents', 'notes.txt', 'c.1.intents']
  const disk = new MemoryDisk(new Map(names.map((name) => [`/intents/${name}`, Buffer.alloc(0)])))
  expect(intentFilesIn('/intents', disk).map(({ epoch, number }) => [epoch, number])).toEqual([
    ['a', 9],
    ['a', 10],
    ['b', 2],
  ])
})
