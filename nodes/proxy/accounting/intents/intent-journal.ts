// The journal of intents: what the process is paying for, so that a kill leaves no attempt without its record. Intents are encoded
// into one buffer, and written a few milliseconds later together with the numbers of those that are over. No attempt waits for
// it, unless it is strict. Where the disk does not take it, attempts go on without it; that is counted and told.
import type { Disk } from '../../../../cluster/data-folder/disk.ts'
import { bounds } from '../../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { Notify } from '../../../../shared/notice.ts'
import type { Trouble } from '../../../../shared/readiness.ts'
import { BatchWriter, recordBytesMax } from '../../../../shared/telemetry/codec.ts'
import { type Intent, writeIntent } from './intent.ts'
import { IntentFiles } from './intent-files.ts'
import { endBytes, groupHeadBytes, sealGroup } from './intent-group.ts'
import type { Intents } from './intents.ts'
import { OpenIntents } from './open-intents.ts'

export interface IntentJournalOptions {
  /** A folder that exists. */
  readonly folder: string
  /** Name of this boot. */
  readonly epoch: string
  readonly disk: Disk
  readonly clock: Clock
  readonly notify: Notify
  readonly isStrict: boolean
  /** The size from which on a file is written anew. */
  readonly fileBytesMax?: number
}

/** The time between an intent and its write. */
const writeMs = 2
/** Time between a failed write and the next try. */
const retryMs = 5_000
const batchBytesMax = 256 << 10
const endsMax = 8_192

export class IntentJournal implements Intents {
  readonly isStrict: boolean
  readonly #options: IntentJournalOptions
  readonly #files: IntentFiles
  readonly #open = new OpenIntents()
  readonly #bytes = Buffer.allocUnsafeSlow(groupHeadBytes + batchBytesMax + 2 * recordBytesMax + endsMax * endBytes)
  readonly #writer = new BatchWriter(this.#bytes.subarray(groupHeadBytes))
  readonly #ends = new Float64Array(endsMax)
  readonly #onDue = () => this.write()
  #endCount = 0
  #hasBatch = false
  #timer: Timer | undefined
  /** The number of the last record. */
  #number = 0
  #fileBytes = 0
  /** The size at which the file is written anew. */
  #renewAtBytes = 0
  #spooledTo = 0
  #dropped = 0
  #trouble: string | undefined
  #retryAtMs = Number.NEGATIVE_INFINITY
  #waiting: ((isSynced: boolean) => void)[] = []
  #isSyncing = false

  constructor(options: IntentJournalOptions) {
    this.#options = options
    this.isStrict = options.isStrict
    this.#files = new IntentFiles(options)
  }

  open(intent: Intent): void {
    intent.owner = this
    this.#open.add(intent)
    this.#encode(intent)
  }

  update(intent: Intent): void {
    const { number } = intent
    intent.number = 0
    this.#end(number)
    // A new file that this began has it already.
    if (intent.number === 0) this.#encode(intent)
  }

  close(intent: Intent): void {
    this.#open.delete(intent)
    this.#end(intent.number)
  }

  whenSynced(then: (isSynced: boolean) => void): void {
    this.#waiting.push(then)
    if (!this.#isSyncing) void this.#sync()
  }

  /** The records up to a sequence are in the spool, and the intents that they settle are closed. */
  spooled(sequence: number): void {
    this.#spooledTo = sequence
  }

  /** The number of open intents, and of those that could not be written since the start. */
  queues(): Record<string, { length: number; dropped: number }> {
    return { intents: { length: this.#open.size, dropped: this.#dropped } }
  }

  troubles(): Trouble[] {
    if (this.#trouble === undefined) return []
    const reason = `what is sent to providers is not journaled, and has no record if the process is killed: ${this.#trouble}`
    return [{ level: 'degraded', reason }]
  }

  /** Writes at once what waits. */
  write(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (!this.#hasBatch && this.#endCount === 0) return
    try {
      if (!this.#files.isOpen || this.#fileBytes >= this.#renewAtBytes) this.#renew()
      else this.#append(false)
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Closes the file, which stays where an intent is open. */
  stop(): void {
    this.write()
    this.#files.close(this.#open.size === 0)
  }

  get #isDown(): boolean {
    return this.#trouble !== undefined && this.#options.clock.monotonicMs() < this.#retryAtMs
  }

  #encode(intent: Intent): void {
    intent.number = 0
    if (this.#isDown) this.#dropped++
    else this.#put(intent)
  }

  #put(intent: Intent): void {
    if (this.#hasBatch && this.#writer.offset >= batchBytesMax) {
      this.write()
      // A new file that this began has it already.
      if (intent.number !== 0) return
    }
    if (!this.#hasBatch) {
      this.#hasBatch = true
      this.#writer.begin({ node: '', epoch: '', firstSequence: this.#number + 1 })
      this.#timer ??= this.#options.clock.after(writeMs, this.#onDue)
    }
    this.#number += writeIntent(this.#writer, intent)
    intent.number = this.#number
  }

  #end(number: number): void {
    if (number === 0) return
    if (this.#endCount === endsMax) this.write()
    this.#ends[this.#endCount++] = number
    this.#timer ??= this.#options.clock.after(writeMs, this.#onDue)
  }

  /** Appends what is encoded. */
  #append(isCheckpoint: boolean): void {
    const batchBytes = this.#hasBatch ? this.#writer.offset : 0
    const ends = this.#endCount
    Buffer.from(this.#ends.buffer, 0, ends * endBytes).copy(this.#bytes, groupHeadBytes + batchBytes)
    const length = sealGroup(this.#bytes, { batchBytes, ends, spooledTo: this.#spooledTo, isCheckpoint })
    this.#forget()
    this.#files.append(this.#bytes.subarray(0, length))
    this.#fileBytes += length
  }

  #forget(): void {
    this.#hasBatch = false
    this.#endCount = 0
  }

  /** Writes all open intents into a new file, which takes the place of the present one. */
  #renew(): void {
    this.#forget()
    this.#files.begin()
    this.#fileBytes = 0
    for (const intent of this.#open) {
      if (this.#hasBatch && this.#writer.offset >= batchBytesMax) this.#append(false)
      this.#put(intent)
    }
    this.#append(true)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#files.switch()
    this.#trouble = undefined
    const { fileBytesMax = bounds.intentFileBytesMax } = this.#options
    this.#renewAtBytes = Math.max(fileBytesMax, 2 * this.#fileBytes)
  }

  #fail(error: unknown): void {
    this.#forget()
    this.#files.fail()
    this.#retryAtMs = this.#options.clock.monotonicMs() + retryMs
    const message = error instanceof Error ? error.message : 'unknown'
    if (this.#trouble === undefined) this.#options.notify({ type: 'intents-failed', message })
    this.#trouble = message
    this.#dropped += this.#open.forgetNumbers()
  }

  /** One sync serves all that wait when it begins. */
  async #sync(): Promise<void> {
    this.#isSyncing = true
    // Attempts of the same turn share it.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      const isSynced = await this.#syncOnce()
      for (const then of group) then(isSynced)
    }
    this.#isSyncing = false
  }

  async #syncOnce(): Promise<boolean> {
    if (this.#isDown) return false
    this.write()
    if (this.#trouble !== undefined) return false
    try {
      await this.#files.settle()
      return true
    } catch (error) {
      this.#fail(error)
      return false
    }
  }
}
