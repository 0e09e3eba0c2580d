// What small files are kept through, so that the simulation can put a disk beneath them that loses, tears and refuses.
// `disk-contract.ts` is the suite that both pass. Everything throws what the file system throws, with its `code`.
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  write,
  writeSync,
} from 'node:fs'
import { promisify } from 'node:util'

export interface Disk {
  /** Undefined when there is no such file. */
  read(path: string): Buffer | undefined
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): string[]
  /** `replace` makes the file, or empties it; `keep` needs it to be there. */
  open(path: string, how: 'replace' | 'keep'): DiskFile
  rename(from: string, to: string): void
  /** Nothing happens when there is no such file. */
  remove(path: string): void
  /** A new, renamed or removed name is durable only once its folder is synced too. */
  syncFolder(path: string): void
  /** The same, without making this thread wait for the disk. */
  settleFolder(path: string): Promise<void>
}

export interface DiskFile {
  /** All of `bytes`, from `position` on, or after what this handle wrote before. */
  write(bytes: Uint8Array, position?: number): void
  /** As `write` after what was written before, without making this thread wait for the disk: a kernel that has much to
   *  write back lets its writers wait. One at a time. */
  push(bytes: Uint8Array): Promise<void>
  size(): number
  truncate(): void
  /** Content and size are durable when it returns. */
  syncData(): void
  sync(): void
  /** As `sync`, without making this thread wait for the disk. */
  settle(): Promise<void>
  close(): void
}

export const fileSystem: Disk = {
  read(path) {
    try {
      return readFileSync(path)
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  },
  list(folder) {
    try {
      return readdirSync(folder)
    } catch (error) {
      if (isAbsent(error)) return []
      throw error
    }
  },
  open: (path, how) => new OpenFile(openSync(path, how === 'replace' ? 'w' : 'r+', 0o600)),
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  syncFolder(path) {
    const folder = openSync(path, 'r')
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  },
  async settleFolder(path) {
    const folder = openSync(path, 'r')
    try {
      await fsyncSoon(folder)
    } finally {
      closeSync(folder)
    }
  },
}

const fsyncSoon = promisify(fsync)
const writeSoon = promisify(write)

class OpenFile implements DiskFile {
  readonly #file: number

  constructor(file: number) {
    this.#file = file
  }

  // `write(2)` may take fewer bytes than it was given.
  write(bytes: Uint8Array, position?: number): void {
    let written = 0
    while (written < bytes.byteLength) {
      const at = position === undefined ? null : position + written
      written += writeSync(this.#file, bytes, written, bytes.byteLength - written, at)
    }
  }

  async push(bytes: Uint8Array): Promise<void> {
    let written = 0
    while (written < bytes.byteLength) {
      const { bytesWritten } = await writeSoon(this.#file, bytes, written, bytes.byteLength - written, null)
      written += bytesWritten
    }
  }

  size(): number {
    return fstatSync(this.#file).size
  }

  truncate(): void {
    ftruncateSync(this.#file, 0)
  }

  syncData(): void {
    fdatasyncSync(this.#file)
  }

  sync(): void {
    fsyncSync(this.#file)
  }

  settle(): Promise<void> {
    return fsyncSoon(this.#file)
  }

  close(): void {
    closeSync(this.#file)
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
