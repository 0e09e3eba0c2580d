import { expect, test } from 'vitest'
import { diskContract } from '../../data-folder/disk-contract.ts'
import { Dice } from '../engine/dice.ts'
import { SimulatedDisk } from './simulated-disk.ts'

diskContract('simulated', () => ({ disk: new SimulatedDisk(new Dice(1)).mount(), folder: '/data' }))

function writtenDisk(seed: number) {
  const disk = new SimulatedDisk(new Dice(seed))
  const mount = disk.mount()
  const file = mount.open('/data/a', 'replace')
  file.write(Buffer.from('synced'))
  file.sync()
  mount.syncFolder('/data')
  return { disk, mount, file }
}

test('a power cut leaves what was synced, and any part of what was not', () => {
  const found = new Set<string>()
  for (let seed = 0; seed < 200; seed++) {
    const { disk, file } = writtenDisk(seed)
    file.write(Buffer.from('-more'))
    disk.cutPower()
    found.add(String(disk.mount().read('/data/a')))
  }
  expect([...found].every((content) => content.startsWith('synced'))).toBe(true)
  expect(found).toContain('synced')
  expect(found).toContain('synced-more')
  expect(found.size).toBeGreaterThan(3)
})

test('a kill takes nothing, but the dead process can write no more', () => {
  const { disk, mount, file } = writtenDisk(1)
  file.write(Buffer.from('!'))
  disk.unmount()
  expect(() => file.write(Buffer.from('?'))).toThrow('EIO')
  expect(() => mount.read('/data/a')).toThrow('EIO')
  expect(String(disk.mount().read('/data/a'))).toBe('synced!')
})

test('what a failed sync was to write reads back and is gone after a power cut', () => {
  const { disk, mount, file } = writtenDisk(1)
  disk.syncsToFail = 1
  file.write(Buffer.from('!'))
  expect(() => file.sync()).toThrow(expect.objectContaining({ code: 'EIO', syscall: 'fsync' }))
  expect(String(mount.read('/data/a'))).toBe('synced!')
  disk.cutPower()
  expect(String(disk.mount().read('/data/a'))).toBe('synced')
})

test('a full disk refuses what grows, and takes what does not', () => {
  const { disk, mount, file } = writtenDisk(1)
  disk.isFull = true
  file.write(Buffer.from('S'), 0)
  expect(() => file.write(Buffer.from('longer than before'), 0)).toThrow('ENOSPC')
  expect(() => mount.open('/data/b', 'replace')).toThrow('ENOSPC')
  expect(String(mount.read('/data/a'))).toBe('Synced')
})

test('a backup of yesterday is what it was', () => {
  const { disk, file } = writtenDisk(1)
  const backup = disk.backup()
  file.write(Buffer.from('!'))
  disk.unmount()
  disk.restore(backup)
  expect(String(disk.mount().read('/data/a'))).toBe('synced')
})
