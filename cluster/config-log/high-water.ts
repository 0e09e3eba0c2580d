// How far the log had come when an append was last acknowledged. A damaged WAL makes SQLite forget its newest commits
// without a word (one flipped bit took 151 of 200 rows, `integrity_check: ok`), so the mark lies outside the database.
//
// Two slots in one file, written in turn, each with a MAC: a kill or a power cut can spoil only the slot being written,
// and that one was not acknowledged yet. In place, because a rename would cost a second sync per commit.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { readFileIfPresent, writeFileAtomically } from '../data-folder/atomic-file.ts'
import type { LogHead } from './config-log.ts'
import { macOf, sameMac } from './event-codec.ts'

export type MarkFinding =
  | { type: 'absent' }
  /** `torn`: one slot does not verify; the mark is the other one's. */
  | { type: 'at'; mark: LogHead; torn: boolean }
  | { type: 'damaged'; message: string }

export interface HighWater {
  read(): MarkFinding
  /** Durable when it returns. Throws on I/O errors. */
  write(mark: LogHead): void
  close(): void
}

export class HighWaterFile implements HighWater {
  readonly #path: string
  readonly #macKey: Uint8Array
  #file: number | undefined
  #slot: 0 | 1 = 0

  constructor(path: string, macKey: Uint8Array) {
    this.#path = path
    this.#macKey = macKey
  }

  read(): MarkFinding {
    try {
      const content = readFileIfPresent(this.#path)
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
    if (this.#file !== undefined) closeSync(this.#file)
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
    writeFileAtomically(this.#path, slot + slot)
    this.#file = openSync(this.#path, 'r+')
  }

  #overwrite(file: number, mark: LogHead): void {
    writeSync(file, this.#encode(mark), this.#slot * slotBytes, 'latin1')
    fdatasyncSync(file)
    this.#slot = this.#slot === 0 ? 1 : 0
  }

  #encode({ revision, hash }: LogHead): string {
    const slot = JSON.stringify({ revision, hash, mac: this.#mac({ revision, hash }) })
    return `${slot.padEnd(slotBytes - 1)}\n`
  }

  #slots(content: Buffer): [LogHead | undefined, LogHead | undefined] {
    const text = content.toString('latin1')
    return [this.#decode(text.slice(0, slotBytes)), this.#decode(text.slice(slotBytes, slotBytes * 2))]
  }

  #decode(slot: string): LogHead | undefined {
    if (slot.length !== slotBytes) return undefined
    try {
      const { revision, hash } = JSON.parse(slot) as LogHead
      // Written out again it has to be the same bytes, MAC, padding and all.
      return sameMac(slot, this.#encode({ revision, hash })) ? { revision, hash } : undefined
    } catch {
      return undefined
    }
  }

  #mac({ revision, hash }: LogHead): string {
    return macOf(`high-water ${revision} ${hash}`, this.#macKey)
  }
}

// A power of two no larger than a sector: a slot is never torn across two of them.
const slotBytes = 512

function newerOf(first: LogHead | undefined, second: LogHead | undefined): LogHead | undefined {
  if (first === undefined || second === undefined) return first ?? second
  return first.revision >= second.revision ? first : second
}
