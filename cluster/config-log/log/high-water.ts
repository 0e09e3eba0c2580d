// Keeps the head of the log at the last acknowledged append. A damaged WAL makes SQLite lose its newest commits without
// an error (one flipped bit took 151 of 200 rows, `integrity_check: ok`), so the mark is kept outside the database.
//
// The file has two slots that are written in turn, each with a MAC: a kill or a power cut can damage only the slot
// being written, whose mark was not acknowledged yet. They are written in place, because a rename would cost a second
// sync per commit.
import { writeFileAtomically } from '../../data-folder/atomic-file.ts'
import { type Disk, type DiskFile, fileSystem } from '../../data-folder/disk.ts'
import type { LogHead } from './config-log.ts'
import { macOf, sameMac } from './event-codec.ts'
import { currentKey, type LogKey, someKeyAt } from './log-key.ts'

export type MarkFinding =
  | { type: 'absent' }
  /** The mark was found. `torn`: one slot does not verify; the mark is the one of the other slot. */
  | { type: 'at'; mark: LogHead; torn: boolean }
  | { type: 'damaged'; message: string }

export interface HighWater {
  read(): MarkFinding
  /** Writes the mark, which is durable when the call returns. Throws on I/O errors. */
  write(mark: LogHead): void
  close(): void
}

export class HighWaterFile implements HighWater {
  readonly #path: string
  readonly #macKey: LogKey
  readonly #disk: Disk
  #file: DiskFile | undefined
  #slot: 0 | 1 = 0

  constructor(path: string, macKey: LogKey, disk = fileSystem) {
    this.#path = path
    this.#macKey = macKey
    this.#disk = disk
  }

  read(): MarkFinding {
    try {
      const content = this.#disk.read(this.#path)
      return content === undefined ? { type: 'absent' } : this.#find(content)
    } catch (error) {
      return { type: 'damaged', message: `the high-water mark cannot be read: ${(error as Error).message}` }
    }
  }

  write(mark: LogHead): void {
    if (this.#file === undefined) this.#create(mark)
    else this.#overwrite(this.#file, mark)
  }

  close(): void {
    this.#file?.close()
    this.#file = undefined
  }

  #find(content: Buffer): MarkFinding {
    const [first, second] = this.#slots(content)
    const newest = newerOf(first, second)
    if (newest === undefined) return { type: 'damaged', message: 'no slot of the high-water mark verifies' }
    const torn = first === undefined || second === undefined || content.byteLength !== slotBytes * 2
    return { type: 'at', mark: newest, torn }
  }

  #create(mark: LogHead): void {
    const slot = this.#encode(mark)
    writeFileAtomically(this.#path, slot + slot, { disk: this.#disk })
    this.#file = this.#disk.open(this.#path, 'keep')
  }

  #overwrite(file: DiskFile, mark: LogHead): void {
    file.write(Buffer.from(this.#encode(mark), 'latin1'), this.#slot * slotBytes)
    file.syncData()
    this.#slot = this.#slot === 0 ? 1 : 0
  }

  #encode(mark: LogHead): string {
    return slotOf(mark, currentKey(this.#macKey))
  }

  #slots(content: Buffer): [LogHead | undefined, LogHead | undefined] {
    const text = content.toString('latin1')
    return [this.#decode(text.slice(0, slotBytes)), this.#decode(text.slice(slotBytes, slotBytes * 2))]
  }

  #decode(slot: string): LogHead | undefined {
    if (slot.length !== slotBytes) return undefined
    try {
      const { revision, hash } = JSON.parse(slot) as LogHead
      // The slot has to equal its re-encoding, MAC, padding and all.
      const isOurs = someKeyAt(this.#macKey, revision, (key) => sameMac(slot, slotOf({ revision, hash }, key)))
      return isOurs ? { revision, hash } : undefined
    } catch {
      return undefined
    }
  }
}

// The size is a power of two no larger than a sector, so that a slot never spans two sectors.
const slotBytes = 512

function slotOf({ revision, hash }: LogHead, macKey: Uint8Array): string {
  const mac = macOf(`high-water ${revision} ${hash}`, macKey)
  return `${JSON.stringify({ revision, hash, mac }).padEnd(slotBytes - 1)}\n`
}

function newerOf(first: LogHead | undefined, second: LogHead | undefined): LogHead | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return first.revision >= second.revision ? first : second
}
