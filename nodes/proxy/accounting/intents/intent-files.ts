// The files of the journal of intents: one series for each life of the process. A file begins with all intents that are open, so
// the one before it is removed as soon as that is written.
import { join } from 'node:path'
import type { Disk, DiskFile } from '../../../../cluster/data-folder/disk.ts'

export interface IntentFile {
  readonly path: string
  /** The life of the process that wrote it. */
  readonly epoch: string
  readonly number: number
}

const namePattern = /^([a-z0-9-]+)\.(\d{8})\.intents$/

/** Files in a folder, in the order in which they were written. Others are left alone. */
export function intentFilesIn(folder: string, disk: Disk): IntentFile[] {
  const files = disk.list(folder).flatMap((name): IntentFile[] => {
    const match = namePattern.exec(name)
    if (match?.[1] === undefined) return []
    return [{ path: join(folder, name), epoch: match[1], number: Number(match[2]) }]
  })
  return files.sort((a, b) => (a.epoch === b.epoch ? a.number - b.number : a.epoch < b.epoch ? -1 : 1))
}

export class IntentFiles {
  readonly #folder: string
  readonly #epoch: string
  readonly #disk: Disk
  #number = 0
  #current: { readonly path: string; readonly file: DiskFile } | undefined
  #next: { readonly path: string; readonly file: DiskFile } | undefined
  /** Files that were given up after a failure. They say nothing any more once a later one is whole. */
  #stale: string[] = []

  constructor({ folder, epoch, disk }: { folder: string; epoch: string; disk: Disk }) {
    this.#folder = folder
    this.#epoch = epoch
    this.#disk = disk
  }

  get isOpen(): boolean {
    return this.#current !== undefined
  }

  /** Begins a new file. Until `switch`, the present one still counts. */
  begin(): void {
    const name = `${this.#epoch}.${String(++this.#number).padStart(8, '0')}.intents`
    const path = join(this.#folder, name)
    this.#next = { path, file: this.#disk.open(path, 'replace') }
  }

  /** Appends to the file that was begun, else to the present one. */
  append(bytes: Uint8Array): void {
    const file = (this.#next ?? this.#current)?.file
    if (file === undefined) throw new Error('there is no file of intents')
    file.write(bytes)
  }

  /** The file that was begun takes the place of the present one. */
  switch(): void {
    const old = this.#current
    this.#current = this.#next
    this.#next = undefined
    if (old !== undefined) this.#drop(old)
    this.#dropStale()
  }

  /** After a failure nothing is appended any more: what is missing in the middle would be read as if it had never been. */
  fail(): void {
    if (this.#next !== undefined) this.#drop(this.#next)
    this.#next = undefined
    const current = this.#current
    this.#current = undefined
    if (current === undefined) return
    this.#stale.push(current.path)
    attempted(() => current.file.close())
  }

  async settle(): Promise<void> {
    await this.#current?.file.settle()
    await this.#disk.settleFolder(this.#folder)
  }

  /** `isOver`: no intent is open, and nothing need be read at the next start. */
  close(isOver: boolean): void {
    if (isOver) this.#dropStale()
    const current = this.#current
    this.#current = undefined
    if (current === undefined) return
    if (isOver) this.#drop(current)
    else current.file.close()
  }

  /** A file that cannot be removed is read at the next start, which settles nothing that is over. */
  #drop({ path, file }: { readonly path: string; readonly file: DiskFile }): void {
    attempted(() => file.close())
    attempted(() => this.#disk.remove(path))
  }

  #dropStale(): void {
    for (const path of this.#stale) attempted(() => this.#disk.remove(path))
    this.#stale = []
  }
}

function attempted(run: () => void): void {
  try {
    run()
  } catch {}
}
