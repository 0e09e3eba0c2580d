// Disks for tests: one on which a test plays a method of its files, and one that makes nobody wait.
import { type Disk, type DiskFile, fileSystem } from '../data-folder/disk.ts'

export function diskWith<Method extends 'push' | 'settle'>(
  method: Method,
  play: (file: DiskFile) => DiskFile[Method],
): Disk {
  return {
    ...fileSystem,
    open(path, how) {
      const file = fileSystem.open(path, how)
      const played = play(file)
      return new Proxy(file, {
        get(target, field) {
          if (field === method) return played
          const value = Reflect.get(target, field) as unknown
          return typeof value === 'function' ? value.bind(target) : value
        },
      })
    },
  }
}

/** A disk whose writes are done at once: what waits for it takes no real time. */
export const promptDisk: Disk = {
  ...fileSystem,
  open(path, how) {
    const file = fileSystem.open(path, how)
    const prompt: Pick<DiskFile, 'push' | 'settle'> = {
      push: async (bytes) => file.write(bytes),
      settle: async () => {},
    }
    return new Proxy(file, {
      get(target, field) {
        if (field === 'push' || field === 'settle') return prompt[field]
        const value = Reflect.get(target, field) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  },
}
