// A disk on which a test plays one method of its files.
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
