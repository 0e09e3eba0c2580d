// A model of a disk with the faults of real ones: after a power cut, unsynced data may be lost or half written; a full
// disk refuses; a failed sync loses what it was to write, although it still reads back; bits flip. A process works on a
// mount, which is unusable once the process is dead.
import type { Disk, DiskFile } from '../../data-folder/disk.ts'
import type { Dice } from '../engine/dice.ts'

interface Inode {
  content: Buffer
  /** The content that survives a power cut. */
  durable: Buffer
  /** Writes since the last sync, oldest first. */
  unsynced: { at: number; bytes: Buffer }[]
}

export type Backup = Map<string, Buffer>

export class SimulatedDisk {
  readonly #dice: Dice
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  #mount: Mount | undefined
  isFull = false
  /** The number of coming syncs that fail. */
  syncsToFail = 0
  /** The machine loses power within the sync of this number from now: after it began and before it is done. */
  syncsUntilCut = 0
  onCut: () => void = () => {}

  constructor(dice: Dice) {
    this.#dice = dice
  }

  mount(): Mount {
    const mount: Mount = new Mount(this, () => this.#mount === mount)
    this.#mount = mount
    return mount
  }

  /** Ends the process's access. A kill loses nothing else: what was written is in the kernel. */
  unmount(): void {
    this.#mount = undefined
  }

  /** Returns a mount for checks from outside. */
  peek(): Mount {
    return new Mount(this, () => true)
  }

  /** Returns the content that certainly survives a power cut. */
  durable(path: string): Buffer | undefined {
    return this.#durableNames.get(path)?.durable
  }

  find(path: string): Inode | undefined {
    return this.#names.get(path)
  }

  paths(): string[] {
    return [...this.#names.keys()]
  }

  make(path: string): Inode {
    this.growing()
    const inode = { content: Buffer.alloc(0), durable: Buffer.alloc(0), unsynced: [] }
    this.#names.set(path, inode)
    return inode
  }

  move(from: string, to: string): void {
    const inode = this.#names.get(from)
    if (inode === undefined) throw problem('ENOENT', 'rename')
    this.#names.delete(from)
    this.#names.set(to, inode)
  }

  remove(path: string): void {
    this.#names.delete(path)
  }

  syncNames(folder: string): void {
    for (const path of this.#durableNames.keys()) {
      if (folderOf(path) === folder && !this.#names.has(path)) this.#durableNames.delete(path)
    }
    for (const [path, inode] of this.#names) if (folderOf(path) === folder) this.#durableNames.set(path, inode)
  }

  /** Counts a sync; throws when it is to fail. */
  syncing(): void {
    if (this.syncsUntilCut > 0 && --this.syncsUntilCut === 0) {
      this.unmount()
      this.onCut()
      throw problem('EIO', 'fsync')
    }
    if (this.syncsToFail === 0) return
    this.syncsToFail--
    throw problem('EIO', 'fsync')
  }

  /** Checks for room; throws when the disk is full. */
  growing(): void {
    if (this.isFull) throw problem('ENOSPC', 'write')
  }

  /** Cuts the power: any part of the unsynced data is lost. */
  cutPower(): void {
    this.unmount()
    // Changes of names reach the journal in their order; here either all of them did, or none.
    this.#names = new Map(this.#dice.happens(0.5) ? this.#names : this.#durableNames)
    this.#durableNames = new Map(this.#names)
    for (const inode of this.#names.values()) this.#settle(inode)
  }

  flipBit(path: string): boolean {
    const inode = this.#names.get(path)
    if (inode === undefined || inode.content.byteLength === 0) return false
    const at = this.#dice.between(0, inode.content.byteLength - 1)
    const bit = 1 << this.#dice.between(0, 7)
    inode.content[at]! ^= bit
    if (at < inode.durable.byteLength) inode.durable[at]! ^= bit
    return true
  }

  backup(): Backup {
    return new Map([...this.#names].map(([path, inode]) => [path, Buffer.from(inode.content)]))
  }

  /** Restores the files that `isRestored` accepts. Files that the backup does not have are removed. */
  restore(backup: Backup, isRestored: (path: string) => boolean = () => true): void {
    for (const path of [...this.#names.keys()]) if (isRestored(path)) this.#names.delete(path)
    for (const [path, content] of backup) {
      if (!isRestored(path)) continue
      this.#names.set(path, { content: Buffer.from(content), durable: Buffer.from(content), unsynced: [] })
    }
    this.#durableNames = new Map(this.#names)
  }

  // Draws for each unsynced write whether it survived, whole or torn.
  #settle(inode: Inode): void {
    for (const write of inode.unsynced) {
      if (this.#dice.happens(0.4)) continue
      const kept = this.#dice.happens(0.3) ? this.#dice.between(0, write.bytes.byteLength) : write.bytes.byteLength
      inode.durable = overwrite(inode.durable, write.bytes.subarray(0, kept), write.at)
    }
    inode.unsynced = []
    inode.content = Buffer.from(inode.durable)
  }
}

export class Mount implements Disk {
  readonly #disk: SimulatedDisk
  readonly #isMounted: () => boolean

  constructor(disk: SimulatedDisk, isMounted: () => boolean) {
    this.#disk = disk
    this.#isMounted = isMounted
  }

  get isMounted(): boolean {
    return this.#isMounted()
  }

  read(path: string): Buffer | undefined {
    const inode = this.use().find(path)
    return inode === undefined ? undefined : Buffer.from(inode.content)
  }

  list(folder: string): string[] {
    const names = this.use()
      .paths()
      .filter((path) => folderOf(path) === folder)
    return names.map((path) => path.slice(folder.length + 1)).sort()
  }

  open(path: string, how: 'replace' | 'keep'): DiskFile {
    const found = this.use().find(path)
    if (found === undefined && how === 'keep') throw problem('ENOENT', 'open')
    const inode = found ?? this.#disk.make(path)
    if (how === 'replace') empty(inode)
    return new OpenFile(this, inode)
  }

  rename(from: string, to: string): void {
    this.use().move(from, to)
  }

  remove(path: string): void {
    this.use().remove(path)
  }

  syncFolder(folder: string): void {
    this.use().syncing()
    this.#disk.syncNames(folder)
  }

  async settleFolder(folder: string): Promise<void> {
    this.syncFolder(folder)
  }

  /** Returns the disk; throws when the process is dead. */
  use(): SimulatedDisk {
    if (!this.isMounted) throw problem('EIO', 'dead')
    return this.#disk
  }
}

class OpenFile implements DiskFile {
  readonly #mount: Mount
  readonly #inode: Inode
  #position = 0

  constructor(mount: Mount, inode: Inode) {
    this.#mount = mount
    this.#inode = inode
  }

  write(bytes: Uint8Array, position?: number): void {
    const at = position ?? this.#position
    const end = at + bytes.byteLength
    const disk = this.#mount.use()
    if (end > this.#inode.content.byteLength) disk.growing()
    this.#inode.content = overwrite(this.#inode.content, bytes, at)
    this.#inode.unsynced.push({ at, bytes: Buffer.from(bytes) })
    if (position === undefined) this.#position = end
  }

  async push(bytes: Uint8Array): Promise<void> {
    this.write(bytes)
  }

  size(): number {
    return this.#inode.content.byteLength
  }

  truncate(): void {
    this.#mount.use()
    empty(this.#inode)
  }

  syncData(): void {
    const disk = this.#mount.use()
    try {
      disk.syncing()
    } catch (error) {
      // After a failed sync the kernel considers the pages as written. A machine that lost power had written any part
      // of them.
      if (this.#mount.isMounted) this.#inode.unsynced = []
      throw error
    }
    this.#inode.durable = Buffer.from(this.#inode.content)
    this.#inode.unsynced = []
  }

  sync(): void {
    this.syncData()
  }

  async settle(): Promise<void> {
    this.sync()
  }

  close(): void {}
}

function overwrite(content: Buffer, bytes: Uint8Array, at: number): Buffer {
  const end = at + bytes.byteLength
  const next = Buffer.alloc(Math.max(content.byteLength, end))
  content.copy(next)
  next.set(bytes, at)
  return next
}

// Truncates at once and durably: a file system orders the truncation with its journal, so later content never mixes
// with the old.
function empty(inode: Inode): void {
  inode.content = Buffer.alloc(0)
  inode.durable = Buffer.alloc(0)
  inode.unsynced = []
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}

function problem(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall })
}
