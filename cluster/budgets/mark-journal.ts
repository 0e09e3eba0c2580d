// What this process may have spent of budgets, written to disk before it is spent: after a kill the next life of the process tells
// the register the mark, and gives the rest back. Lines are appended and synced in groups; the last line about a budget counts.
import { dirname } from 'node:path'
import { type Disk, type DiskFile, fileSystem } from '../data-folder/disk.ts'
import type { LedgerKey } from './ledger-table.ts'

export interface Mark extends LedgerKey {
  readonly holder: string
  /** The most that the holder can have spent, or `nothingYet`. */
  readonly mark: number
}

/** The mark of a holder that asks for the first time. 0 erases a mark. */
export const nothingYet = -1

/** Above it the file is written anew. */
const bytesMax = 1 << 20

export class MarkJournal {
  readonly #path: string
  readonly #disk: Disk
  readonly #marks = new Map<string, Mark>()
  #file: DiskFile | undefined
  #pending: { line: string; settle: (isWritten: boolean) => void }[] = []
  #bytes = 0
  #writing: Promise<void> | undefined

  constructor(path: string, disk: Disk = fileSystem) {
    this.#path = path
    this.#disk = disk
    for (const mark of readMarks(disk.read(path))) this.#note(mark)
  }

  /** The marks of earlier lives of this process, until they are erased. */
  get marks(): readonly Mark[] {
    return [...this.#marks.values()]
  }

  /** Resolves once the mark is on the disk; false: it is not, and nothing may be spent on it. */
  write(mark: Mark): Promise<boolean> {
    this.#note(mark)
    return this.#add(lineOf(mark))
  }

  /** Forgets a mark whose holder has told the register all that it spent. */
  erase({ key, window, holder }: Omit<Mark, 'mark'>): void {
    if (this.#marks.delete(nameOf({ key, window, holder }))) void this.#add(lineOf({ key, window, holder, mark: 0 }))
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    await this.#writing
    this.#file?.close()
    this.#file = undefined
  }

  #note(mark: Mark): void {
    if (mark.mark === 0) this.#marks.delete(nameOf(mark))
    else this.#marks.set(nameOf(mark), mark)
  }

  #add(line: string): Promise<boolean> {
    return new Promise((settle) => {
      this.#pending.push({ line, settle })
      this.#writing ??= this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    // Lines of the same turn, and those that come during a write, go into one write.
    await Promise.resolve()
    while (this.#pending.length > 0) {
      const group = this.#pending
      this.#pending = []
      const isWritten = await this.#write(group.map(({ line }) => line))
      for (const { settle } of group) settle(isWritten)
    }
    this.#writing = undefined
  }

  async #write(lines: readonly string[]): Promise<boolean> {
    try {
      const file = this.#bytes > bytesMax || this.#file === undefined ? this.#open() : this.#file
      const bytes = Buffer.from(lines.join(''))
      await file.push(bytes)
      await file.settle()
      this.#bytes += bytes.length
      return true
    } catch {
      // After a failed sync nothing is known of the file: the next write makes a new one.
      this.#file?.close()
      this.#file = undefined
      return false
    }
  }

  /** Makes a new file with all marks. The old one stays until the new one is whole. */
  #open(): DiskFile {
    this.#file?.close()
    this.#file = undefined
    const fresh = `${this.#path}.new`
    const file = this.#disk.open(fresh, 'replace')
    this.#file = file
    const bytes = Buffer.from(this.marks.map(lineOf).join(''))
    file.write(bytes)
    file.sync()
    this.#disk.rename(fresh, this.#path)
    this.#disk.syncFolder(dirname(this.#path))
    this.#bytes = bytes.length
    return file
  }
}

function nameOf({ key, window, holder }: Omit<Mark, 'mark'>): string {
  return JSON.stringify([key, window, holder])
}

function lineOf({ key, window, holder, mark }: Mark): string {
  return `${JSON.stringify([key, window, holder, mark])}\n`
}

/** A line that is not whole was never synced: nothing was spent on it. */
function readMarks(bytes: Buffer | undefined): Mark[] {
  const lines = (bytes ?? Buffer.alloc(0)).toString('utf8').split('\n').slice(0, -1)
  return lines.flatMap((line) => {
    try {
      const [key, window, holder, mark] = JSON.parse(line) as [string, number, string, number]
      return typeof key === 'string' && Number.isSafeInteger(mark) ? [{ key, window, holder, mark }] : []
    } catch {
      return []
    }
  })
}
