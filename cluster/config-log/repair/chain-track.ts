// Reads one copy of the log beside others: the event that it holds at each revision, and how far it leads on its own.
// Unreadable events are left out, so that one damaged row does not hide the rows after it.
import type { LogHead, LogRefusal, StoredEvent } from '../log/config-log.ts'
import { isGenuine, openEvent, parseEvent } from '../log/event-codec.ts'
import type { ReadableLog } from '../log/examine-log.ts'
import type { LogKey } from '../log/log-key.ts'

export interface ChainSource {
  readonly name: string
  readonly log: ReadableLog
  /** The number of events that the copy once held. Revisions up to it are tried, even when the copy cannot say how many
   *  it holds. */
  readonly held?: number
}

export interface SourceReport {
  readonly name: string
  /** The revision that the copy says it reaches; undefined when it cannot be read at all. */
  readonly claims: number | undefined
  /** The copy verifies from the first event up to this revision. */
  readonly whole: number
  /** Why it does not verify further, unless it ends there. */
  readonly broken: { readonly revision: number; readonly message: string } | undefined
}

/** The number of revisions that are read at a time. */
export const windowEvents = 256

export class ChainTrack {
  readonly #source: ChainSource
  readonly #macKey: LogKey
  readonly #claims: number | undefined
  readonly #window = new Map<number, StoredEvent>()
  #whole = 0
  #broken: { revision: number; message: string } | undefined
  #lastRefusal: LogRefusal | undefined

  private constructor(source: ChainSource, macKey: LogKey, head: Awaited<ReturnType<ReadableLog['head']>>) {
    this.#source = source
    this.#macKey = macKey
    const claims = head.ok ? head.value.revision : claimsOf(head.error)
    const { held = 0 } = source
    this.#claims = claims === undefined && held === 0 ? undefined : Math.max(claims ?? 0, held)
    if (this.#claims === undefined && !head.ok) this.#broken = { revision: 1, message: sentence(head.error) }
  }

  static async open(source: ChainSource, macKey: LogKey): Promise<ChainTrack> {
    return new ChainTrack(source, macKey, await source.log.head())
  }

  get name(): string {
    return this.#source.name
  }

  get report(): SourceReport {
    return { name: this.name, claims: this.#claims, whole: this.#whole, broken: this.#broken }
  }

  /** Reads the window of revisions after `revision`. */
  async turnTo(revision: number): Promise<void> {
    this.#window.clear()
    const end = Math.min(revision + windowEvents, this.#claims ?? 0)
    for (let at = revision; at < end; ) {
      const page = await this.#source.log.read(at, end - at)
      if (!page.ok) return this.#readSingles(at, end)
      if (page.value.length === 0) return
      for (const event of page.value) this.#window.set(event.revision, event)
      at = page.value.at(-1)!.revision
    }
  }

  /** Returns the event that follows `head`, if this copy holds it. */
  next(head: LogHead): StoredEvent | undefined {
    const revision = head.revision + 1
    if (this.#claims === undefined || revision > this.#claims) return undefined
    const event = this.#window.get(revision)
    if (event === undefined) return this.#break(revision, this.#unread())
    const opened = openEvent(event, { revision, prevHash: head.hash, macKey: this.#macKey })
    if (!opened.ok) return this.#break(revision, opened.error.message)
    if (this.#broken === undefined) this.#whole = revision
    return event
  }

  /** Returns the newest revision of a genuine event that the copy holds after `revision`, at whatever place. */
  async genuineAfter(revision: number): Promise<number> {
    let newest = 0
    for (let at = revision; at < (this.#claims ?? 0); at += windowEvents) {
      await this.turnTo(at)
      for (const { bytes, mac } of this.#window.values()) {
        const revision = parseEvent(bytes)?.revision ?? 0
        if (isGenuine({ bytes, mac }, this.#macKey, revision)) newest = Math.max(newest, revision)
      }
    }
    return newest
  }

  async #readSingles(from: number, end: number): Promise<void> {
    for (let at = from; at < end; at++) {
      const page = await this.#source.log.read(at, 1)
      if (!page.ok) this.#lastRefusal = page.error
      const event = page.ok ? page.value[0] : undefined
      if (event !== undefined) this.#window.set(event.revision, event)
    }
  }

  #break(revision: number, message: string): undefined {
    this.#broken ??= { revision, message }
    return undefined
  }

  #unread(): string {
    return this.#lastRefusal === undefined ? 'it is missing' : sentence(this.#lastRefusal)
  }
}

/** Returns how far a refusing copy may still be read: one that is shorter than it was, or damaged, still holds
 *  events. */
function claimsOf(refusal: LogRefusal): number | undefined {
  const { type } = refusal
  if (type !== 'rewound' && type !== 'damaged') return undefined
  return refusal.revision > 0 ? refusal.revision : undefined
}

function sentence(refusal: LogRefusal): string {
  return refusal.type === 'rewound' ? `it ends at revision ${refusal.revision}` : refusal.message
}
