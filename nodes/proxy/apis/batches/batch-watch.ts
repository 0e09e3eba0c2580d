// Watches batches until they are settled: those that callers make, and those that they look at. It asks their providers from time to time,
// so that a batch whose output nobody fetches is settled too.
import type { Timer } from '../../../../shared/clock.ts'
import type { Notify } from '../../../../shared/notice.ts'
import { textOfThrown } from '../../../../shared/thrown.ts'
import { type Account, markName, membersOf, type ProviderObject } from '../../provider-objects/object-answers.ts'
import type { BatchNote, BatchNotes } from './batch-notes.ts'
import { createdAtMs, isOver, type Settled, type SettleTools, settleBatch } from './settle-batch.ts'

export interface BatchWatchOptions extends Omit<SettleTools, 'booking'> {
  readonly notes: BatchNotes
  readonly notify: Notify
  /** Time between two looks at a batch. */
  readonly pollMs: number
}

/** Claims of batches are kept for longer; what is older may have been booked, and nobody would know. */
const claimedMs = 25 * 86_400_000
/** Batches that were settled here, so that nobody asks about them again. */
const settledMax = 10_000

export class BatchWatch {
  readonly #options: BatchWatchOptions
  readonly #settled = new Set<string>()
  /** Batches that were seen to be over. */
  readonly #due = new Set<string>()
  #timer: Timer | undefined
  #isRunning = false
  #isStopped = false
  #dropped = 0

  constructor(options: BatchWatchOptions) {
    this.#options = options
  }

  start(): void {
    try {
      this.#options.notes.open()
    } catch (error) {
      this.#trouble(error)
    }
    this.#arm(this.#options.pollMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  queues(): Record<string, { length: number; dropped: number }> {
    return { batches: { length: this.#options.notes.size, dropped: this.#dropped } }
  }

  /** A provider's answer has told of a batch of ours. */
  seen(account: Account, batch: ProviderObject): void {
    const { notes, clock } = this.#options
    const { id } = batch
    if (typeof id !== 'string' || typeof membersOf(batch['metadata'])?.[markName] !== 'string') return
    const named = { provider: account.provider, credential: account.credential, id }
    const name = nameOf(named)
    const over = isOver(batch)
    if (this.#settled.has(name) || (over && typeof batch['output_file_id'] !== 'string')) return
    const nowMs = clock.wallMs()
    if (nowMs - (createdAtMs(batch) ?? nowMs) > claimedMs) return
    if (!notes.has(named)) this.#note({ ...named, notedAtMs: nowMs })
    if (!over) return
    this.#due.add(name)
    this.#arm(0)
  }

  #note(note: BatchNote): void {
    try {
      this.#options.notes.set(note)
    } catch (error) {
      this.#trouble(error)
    }
  }

  #trouble(error: unknown): void {
    this.#options.notify({ type: 'batches-troubled', message: textOfThrown(error) })
  }

  #arm(inMs: number): void {
    if (this.#isStopped || this.#isRunning) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(inMs, () => void this.#run(inMs === 0))
  }

  /** Looks at all batches, or at those that are over, one after the other. */
  async #run(isOfDue: boolean): Promise<void> {
    this.#isRunning = true
    const due = new Set(this.#due)
    this.#due.clear()
    for (const note of this.#options.notes.all) {
      if (this.#isStopped) break
      if (!isOfDue || due.has(nameOf(note))) await this.#look(note)
    }
    this.#isRunning = false
    this.#arm(this.#due.size > 0 ? 0 : this.#options.pollMs)
  }

  async #look(note: BatchNote): Promise<void> {
    try {
      const booking = (booked: BatchNote) => this.#options.notes.set(booked)
      this.#ended(note, await settleBatch({ ...this.#options, booking }, note))
    } catch (error) {
      this.#trouble(error)
    }
  }

  #ended(note: BatchNote, how: Settled): void {
    const { notes, clock, notify } = this.#options
    const isGivenUp = how === 'later' && clock.wallMs() - note.notedAtMs > claimedMs
    if (how === 'later' && !isGivenUp) return
    if (how === 'lost' || isGivenUp) {
      this.#dropped++
      notify({ type: 'batch-lost', provider: note.provider, batch: note.id })
    }
    if (this.#settled.size >= settledMax) this.#settled.clear()
    this.#settled.add(nameOf(note))
    notes.remove(note)
  }
}

function nameOf({ provider, credential, id }: Pick<BatchNote, 'provider' | 'credential' | 'id'>): string {
  return JSON.stringify([provider, credential, id])
}
