// The content of the stream of configuration events, as JetStream keeps it: a repeated message id within the window
// answers with the sequence it has, however stale the expectation; a wrong expectation changes nothing. It fails as
// JetStream was measured to fail: after a power cut or a flipped bit its tail is gone, `created` is unchanged, and the
// next message gets a sequence that was used before; after another flipped bit there is no stream; and a server may
// store other settings than requested.
import { done, fail, type Result } from '../../../shared/result.ts'
import type { SealedEvent } from '../../config-log/log/config-log.ts'
import type { StreamMessage } from '../../config-log/stream/event-stream.ts'
import type { PublishTrouble, StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import type { Dice } from '../engine/dice.ts'

type Stored = Result<{ sequence: number; duplicate: boolean }, PublishTrouble>

export class StreamContent {
  #messages: StreamMessage[] = []
  #ids = new Map<string, { sequence: number; atMs: number }>()
  #lastSequence = 0
  #created: string | undefined
  readonly #duplicateWindowMs: number
  /** A setting that the server does not know and silently ignores. */
  ignoredSetting: string | undefined
  isFull = false
  /** The number of newest messages that the present leader does not know. */
  hidden = 0
  wasHidden = false
  /** Called with every event that a process asks to store, and with the answer. */
  onOffer: (event: SealedEvent, answer: Stored, by: string) => void = () => {}
  onMade: (by: string) => void = () => {}

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
    const shown = this.#shown()
    const { ignoredSetting } = this
    if (ignoredSetting !== undefined) {
      return fail({ type: 'settings', field: ignoredSetting, message: `${ignoredSetting} is not what was asked for` })
    }
    const lastSequence = this.hidden > 0 ? (shown.at(-1)?.sequence ?? 0) : this.#lastSequence
    const firstSequence = shown[0]?.sequence ?? lastSequence + 1
    return done({ firstSequence, lastSequence, messages: shown.length, created: this.#created })
  }

  create(nowMs: number, by: string): Result<StreamFacts, StreamTrouble> {
    if (this.#created === undefined) {
      this.onMade(by)
      this.#begin(nowMs)
    }
    return this.facts()
  }

  store(event: SealedEvent, lastSequence: number, { nowMs, by }: { nowMs: number; by: string }): Stored {
    const answer = this.#store(event, lastSequence, nowMs)
    this.onOffer(event, answer, by)
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
    return done(
      this.#shown()
        .filter(({ sequence }) => sequence > afterSequence)
        .slice(0, limit),
    )
  }

  /** Appends without checking the expected sequence, as every client with access can. */
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

  /** Flips a bit of a message: in its bytes, or in the hash or MAC beside them. */
  flipBit(dice: Dice): boolean {
    const index = dice.between(0, this.#messages.length - 1)
    const message = this.#messages[index]
    if (message === undefined) return false
    const part = dice.pick(['bytes', 'hash', 'mac'] as const)
    if (part === 'bytes') {
      const bytes = Buffer.from(message.bytes)
      bytes[dice.between(0, bytes.byteLength - 1)]! ^= 1 << dice.between(0, 7)
      this.#messages[index] = { ...message, bytes }
    } else this.#messages[index] = { ...message, [part]: otherDigit(message[part], dice.between(0, 63)) }
    return true
  }

  lose(sequence: number): void {
    this.#messages = this.#messages.filter((message) => message.sequence !== sequence)
  }

  #shown(): StreamMessage[] {
    return this.hidden === 0 ? this.#messages : this.#messages.slice(0, -this.hidden)
  }

  #begin(nowMs: number): void {
    this.#created = `created-at-${nowMs.toFixed(3)}`
  }
}

function otherDigit(hex: string, at: number): string {
  return `${hex.slice(0, at)}${hex[at] === '0' ? '1' : '0'}${hex.slice(at + 1)}`
}

const missing = { type: 'missing', message: 'stream not found' } as const
