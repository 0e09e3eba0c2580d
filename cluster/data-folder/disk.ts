// The port for small files, so that the simulation can replace the disk by one that loses, tears and refuses writes.
// `disk-contract.ts` is the suite that both pass. Every method throws what the file system throws, with its `code`.
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
  /** Returns undefined when there is no such file. */
  read(path: string): Buffer | undefined
  /** Returns the names in a folder; an empty list when there is no such folder. */
  list(folder: string): string[]
  /** `replace` creates the file or empties it; `keep` fails when the file does not exist. */
  open(path: string, how: 'replace' | 'keep'): DiskFile
  rename(from: string, to: string): void
  /** Does nothing when there is no such file. */
  remove(path: string): void
  /** Makes names durable: a new, renamed or removed name survives a power cut only once its folder is synced. */
  syncFolder(path: string): void
  /** Does the same as `syncFolder` without blocking the thread. */
  settleFolder(path: string): Promise<void>
}

export interface DiskFile {
  /** Writes all of `bytes` at `position`, or after the last write of this handle. */
  write(bytes: Uint8Array, position?: number): void
  /** Appends as `write` does, without blocking the thread: a kernel with much to write back lets its writers wait. Only
   *  one call at a time. */
  push(bytes: Uint8Array): Promise<void>
  size(): number
  truncate(): void
  /** Syncs the file: content and size are durable when it returns. */
  syncData(): void
  sync(): void
  /** Does the same as `sync` without blocking the thread. */
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

  // `write(2)` may write fewer bytes than it was given.
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
