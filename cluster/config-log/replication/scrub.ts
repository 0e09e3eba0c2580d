// Compares the stream with the copy from the first message to the newest, slowly and repeatedly. A server after an
// orderly stop trusts its index: a message whose bytes it can no longer read is noticed only by a reader of that
// message, which would be the next new node. And damage to the copy is found while other nodes still have the event.
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigLog, StoredEvent } from '../log/config-log.ts'
import { openEvent, parseEvent } from '../log/event-codec.ts'
import type { LogKey } from '../log/log-key.ts'
import type { EventStream, StreamMessage } from '../stream/event-stream.ts'
import type { ReplicationFinding } from './replication-state.ts'

export interface ScrubOptions {
  stream: EventStream
  copy: ConfigLog
  macKey: LogKey
  clock: Clock
}

const pageEvents = 256
/** The rest between the end of a round and the next one. */
const restMs = 600_000

export class Scrub {
  readonly #options: ScrubOptions
  #at = 0
  #notBeforeMs = 0
  #isAtWork = false
  #finding: ReplicationFinding | undefined

  constructor(options: ScrubOptions) {
    this.#options = options
  }

  /** The finding, which stays until the same place is found to be right. */
  get finding(): ReplicationFinding | undefined {
    return this.#finding
  }

  /** Compares the next page. Called while both hold everything up to `revision`. */
  async step(revision: number): Promise<void> {
    const { stream, copy, clock } = this.#options
    if (this.#isAtWork || clock.monotonicMs() < this.#notBeforeMs) return
    this.#isAtWork = true
    try {
      const count = Math.min(pageEvents, revision - this.#at)
      if (count <= 0) return this.#rest()
      const [kept, held] = await Promise.all([stream.read(this.#at, count), copy.read(this.#at, count)])
      // An unreadable page is tried again; the mirror reports why.
      if (!kept.ok || !held.ok) return
      this.#finding = this.#compare(kept.value, held.value)
    } finally {
      this.#isAtWork = false
    }
  }

  #rest(): void {
    this.#at = 0
    this.#notBeforeMs = this.#options.clock.monotonicMs() + restMs
  }

  /** Compares as far as both pages go, which may each be short; only an empty page means that something is missing. */
  #compare(kept: StreamMessage[], held: StoredEvent[]): ReplicationFinding | undefined {
    const length = Math.max(1, Math.min(kept.length, held.length))
    for (let i = 0; i < length; i++) {
      const [message, event, revision] = [kept[i], held[i], this.#at + 1]
      if (event?.revision !== revision || !this.#verifies(event)) return damaged('the copy of the log', revision)
      if (message === undefined || !isSame(message, event)) return damaged('the stream', revision)
      this.#at = revision
    }
    return undefined
  }

  #verifies(event: StoredEvent): boolean {
    const prevHash = parseEvent(event.bytes)?.prevHash ?? ''
    return openEvent(event, { revision: event.revision, prevHash, macKey: this.#options.macKey }).ok
  }
}

function damaged(what: string, revision: number): ReplicationFinding {
  return { type: 'damaged', message: `${what} is damaged at revision ${revision}`, revision }
}

function isSame(message: StreamMessage, event: StoredEvent): boolean {
  const { revision, hash, mac, bytes } = event
  if (message.sequence !== revision || message.hash !== hash || message.mac !== mac) return false
  return Buffer.compare(message.bytes, bytes) === 0
}
