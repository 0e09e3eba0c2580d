// Batches that are not settled yet, as files in the data folder: one for each, so that none is forgotten over restarts.
import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Disk } from '../../../../cluster/data-folder/disk.ts'

export interface BatchNote {
  readonly provider: string
  readonly credential: string
  /** The provider's own id. */
  readonly id: string
  /** When it was noted here, in milliseconds since the epoch. */
  readonly notedAtMs: number
  /** The time under which it is booked, once it is about to be. */
  readonly bookedAtMs?: number
}

export const notesMax = 10_000
const suffix = '.batch'

export class BatchNotes {
  readonly #folder: string
  readonly #disk: Disk
  readonly #notes = new Map<string, BatchNote>()

  constructor(dataDir: string, disk: Disk) {
    this.#folder = join(dataDir, 'batches')
    this.#disk = disk
  }

  get all(): readonly BatchNote[] {
    return [...this.#notes.values()]
  }

  get size(): number {
    return this.#notes.size
  }

  /** Reads what earlier lives of the process left. A file that was cut off by a power failure says nothing. */
  open(): void {
    mkdirSync(this.#folder, { recursive: true })
    for (const name of this.#disk.list(this.#folder)) {
      const note = name.endsWith(suffix) ? noteIn(this.#disk.read(join(this.#folder, name))) : undefined
      if (note !== undefined) this.#notes.set(nameOf(note), note)
    }
  }

  has(batch: Pick<BatchNote, 'provider' | 'credential' | 'id'>): boolean {
    return this.#notes.has(nameOf(batch))
  }

  /** Throws what the disk throws; the note is kept in memory all the same. */
  set(note: BatchNote): void {
    const name = nameOf(note)
    if (!this.#notes.has(name) && this.#notes.size >= notesMax) throw new Error('too many batches are not settled')
    this.#notes.set(name, note)
    const file = this.#disk.open(join(this.#folder, name + suffix), 'replace')
    try {
      file.write(Buffer.from(JSON.stringify(note)))
    } finally {
      file.close()
    }
  }

  remove(note: BatchNote): void {
    this.#notes.delete(nameOf(note))
    this.#disk.remove(join(this.#folder, nameOf(note) + suffix))
  }
}

function nameOf({ provider, credential, id }: Pick<BatchNote, 'provider' | 'credential' | 'id'>): string {
  return hash('sha256', JSON.stringify([provider, credential, id]), 'hex').slice(0, 40)
}

function noteIn(bytes: Buffer | undefined): BatchNote | undefined {
  try {
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString('utf8')) as BatchNote)
  } catch {
    return undefined
  }
}
