// The suite that every `Disk` passes: all that the code that keeps small files relies on.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Disk } from './disk.ts'

/** `open` returns an empty folder on a disk of its own. */
export function diskContract(name: string, open: () => { disk: Disk; folder: string }): void {
  describe(`disk (${name})`, () => {
    const written = (content = 'one') => {
      const { disk, folder } = open()
      const path = join(folder, 'a')
      const file = disk.open(path, 'replace')
      file.write(Buffer.from(content))
      file.close()
      return { disk, folder, path }
    }

    test('what was written is read back', () => {
      const { disk, path } = written()
      expect(disk.read(path)).toEqual(Buffer.from('one'))
    })

    test('writes follow one another, or begin where they are told to', () => {
      const { disk, path } = written()
      const file = disk.open(path, 'keep')
      file.write(Buffer.from('T'), 1)
      file.write(Buffer.from('end'), 3)
      file.close()
      const other = disk.open(`${path}2`, 'replace')
      other.write(Buffer.from('a'))
      other.write(Buffer.from('b'))
      expect(other.size()).toBe(2)
      other.close()
      expect([disk.read(path), disk.read(`${path}2`)].map(String)).toEqual(['oTeend', 'ab'])
    })

    test('what is pushed and settled is there as if it had been written and synced', async () => {
      const { disk, folder } = open()
      const path = join(folder, 'a')
      const file = disk.open(path, 'replace')
      file.write(Buffer.from('one'))
      await file.push(Buffer.from(' two'))
      file.write(Buffer.from(' three'))
      await file.settle()
      file.close()
      await disk.settleFolder(folder)
      expect(String(disk.read(path))).toBe('one two three')
    })

    test('a file that is replaced is empty, and one that is truncated too', () => {
      const { disk, path } = written()
      disk.open(path, 'replace').close()
      expect(disk.read(path)).toEqual(Buffer.alloc(0))
      const file = disk.open(path, 'keep')
      file.write(Buffer.from('x'))
      file.truncate()
      file.close()
      expect(disk.read(path)).toEqual(Buffer.alloc(0))
    })

    test('a rename replaces what stood there, and an open handle goes with its file', () => {
      const { disk, folder, path } = written('old')
      const other = join(folder, 'b')
      const file = disk.open(other, 'replace')
      disk.rename(other, path)
      file.write(Buffer.from('new'))
      file.sync()
      file.close()
      disk.syncFolder(folder)
      expect(disk.list(folder)).toEqual(['a'])
      expect(disk.read(path)?.toString()).toBe('new')
    })

    test('what is not there reads as nothing, removes as nothing, and cannot be kept', () => {
      const { disk, folder } = open()
      const path = join(folder, 'none')
      expect(disk.read(path)).toBeUndefined()
      expect(disk.list(join(folder, 'no-folder'))).toEqual([])
      disk.remove(path)
      expect(() => disk.open(path, 'keep')).toThrow(expect.objectContaining({ code: 'ENOENT' }))
      expect(() => disk.rename(path, `${path}2`)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    })

    test('a removed file is gone', () => {
      const { disk, folder, path } = written()
      disk.remove(path)
      expect(disk.read(path)).toBeUndefined()
      expect(disk.list(folder)).toEqual([])
    })
  })
}
