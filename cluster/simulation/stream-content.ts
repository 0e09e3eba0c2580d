// What the stream of configuration events holds, as JetStream keeps it: the same message id within the window answers with
// the sequence it has, however stale the expectation; a wrong expectation changes nothing. And how it was measured to fail:
// after a power cut or a flipped bit its tail is gone, `created` is what it was, and the next message takes a sequence that
// was taken before; another flipped bit, and there is no stream; a server may store other settings than it was asked for.
import { done, fail, type Result } from '../../shared/result.ts'
import type { SealedEvent } from '../config-log/config-log.ts'
import type { PublishTrouble, StreamFacts, StreamMessage, StreamTrouble } from '../config-log/event-stream.ts'
import type { Dice } from './dice.ts'

type Stored = Result<{ sequence: number; duplicate: boolean }, PublishTrouble>

export class StreamContent {
  #messages: StreamMessage[] = []
  #ids = new Map<string, { sequence: number; atMs: number }>()
  #lastSequence = 0
  #created: string | undefined
  readonly #duplicateWindowMs: number
  /** A setting that the server knows nothing of, and does not say so. */
  ignoredSetting: string | undefined
  isFull = false
  /** Told of everything that a node asks to store, and what comes of it. */
  onOffer: (event: SealedEvent, answer: Stored) => void = () => {}

  constructor({ duplicateWindowMs }: { duplicateWindowMs: number }) {
    this.#duplicateWindowMs = duplicateWindowMs
  }

  get messages(): readonly StreamMessage[] {
    return this.#messages
  }

  get exists(): boolean {
    return this.#created !== undefined
  }

  facts(): Result<StreamFacts, StreamTrouble> {
    if (this.#created === undefined) return fail(missing)
    const { ignoredSetting } = this
    if (ignoredSetting !== undefined) {
      return fail({ type: 'settings', field: ignoredSetting, message: `${ignoredSetting} is not what was asked for` })
    }
    const firstSequence = this.#messages[0]?.sequence ?? this.#lastSequence + 1
    const messages = this.#messages.length
    return done({ firstSequence, lastSequence: this.#lastSequence, messages, created: this.#created })
  }

  create(nowMs: number): Result<StreamFacts, StreamTrouble> {
    if (this.#created === undefined) this.#begin(nowMs)
    return this.facts()
  }

  store(event: SealedEvent, lastSequence: number, nowMs: number): Stored {
    const answer = this.#store(event, lastSequence, nowMs)
    this.onOffer(event, answer)
    return answer
  }

  #store(event: SealedEvent, lastSequence: number, nowMs: number): Stored {
    if (this.#created === undefined) return fail(missing)
    const known = this.#ids.get(event.commandId)
    if (known !== undefined && nowMs - known.atMs < this.#duplicateWindowMs) {
      return done({ sequence: known.sequence, duplicate: true })
    }
    if (lastSequence !== this.#lastSequence) {
      return fail({ type: 'wrong-last-sequence', message: `wrong last sequence: ${this.#lastSequence}` })
    }
    if (this.isFull) return fail({ type: 'full', message: 'maximum bytes exceeded' })
    return done({ sequence: this.push(event, nowMs), duplicate: false })
  }

  read(afterSequence: number, limit: number): Result<StreamMessage[], StreamTrouble> {
    if (this.#created === undefined) return fail(missing)
    return done(this.#messages.filter(({ sequence }) => sequence > afterSequence).slice(0, limit))
  }

  /** Without asking what is expected, as anybody with access can. */
  push(event: SealedEvent, nowMs: number): number {
    const sequence = ++this.#lastSequence
    this.#messages.push({ ...event, sequence })
    this.#ids.set(event.commandId, { sequence, atMs: nowMs })
    return sequence
  }

  rewind(messages: number): void {
    this.#messages = this.#messages.slice(0, Math.max(0, this.#messages.length - messages))
    this.#lastSequence = this.#messages.at(-1)?.sequence ?? 0
    for (const [id, { sequence }] of this.#ids) if (sequence > this.#lastSequence) this.#ids.delete(id)
  }

  vanish(): void {
    this.#created = undefined
    this.#messages = []
    this.#ids.clear()
    this.#lastSequence = 0
  }

  recreate(nowMs: number): void {
    this.vanish()
    this.#begin(nowMs)
  }

  flipBit(dice: Dice): boolean {
    const index = dice.between(0, this.#messages.length - 1)
    const message = this.#messages[index]
    if (message === undefined) return false
    const bytes = Buffer.from(message.bytes)
    bytes[dice.between(0, bytes.byteLength - 1)]! ^= 1 << dice.between(0, 7)
    this.#messages[index] = { ...message, bytes }
    return true
  }

  lose(sequence: number): void {
    this.#messages = this.#messages.filter((message) => message.sequence !== sequence)
  }

  #begin(nowMs: number): void {
    this.#created = `created-at-${nowMs.toFixed(3)}`
  }
}

const missing = { type: 'missing', message: 'stream not found' } as const
