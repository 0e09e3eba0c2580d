// All events that nodes of this world ever sealed, by hash, and the states that they fold to: folded one by one from
// the beginning, which is the state that every node must reach, however it got there.
import type { ConfigEvent } from '../../shared/config/events.ts'
import { applyEvent, emptyState, forkState } from '../../shared/config/fold.ts'
import { stateToJson } from '../../shared/config/snapshot.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { genesisHash, type SealedEvent } from '../config-log/log/config-log.ts'

interface Entry {
  sealed: SealedEvent
  event: ConfigEvent
  state?: ConfigState
}

export class History {
  readonly #entries = new Map<string, Entry>()
  readonly #begin = emptyState()

  sealed(event: SealedEvent): void {
    if (this.#entries.has(event.hash)) return
    const parsed = JSON.parse(Buffer.from(event.bytes).toString('utf8')) as ConfigEvent
    this.#entries.set(event.hash, { sealed: event, event: parsed })
  }

  event(hash: string): ConfigEvent | undefined {
    return this.#entries.get(hash)?.event
  }

  /** Returns all events that were decided for this revision, stored or not. */
  sealedFor(revision: number): SealedEvent[] {
    const found = [...this.#entries.values()].filter(({ event }) => event.revision === revision)
    return found.map(({ sealed }) => sealed)
  }

  /** Returns the state at `hash`; undefined when an event before it was sealed by no node of this world. */
  stateAt(hash: string): ConfigState | undefined {
    if (hash === genesisHash) return this.#begin
    const entry = this.#entries.get(hash)
    if (entry === undefined || entry.state !== undefined) return entry?.state
    const before = this.stateAt(entry.event.prevHash)
    if (before === undefined) return undefined
    const state = forkState(before)
    applyEvent(state, entry.event, hash)
    entry.state = state
    return state
  }

  /** Returns the events that lead to `hash`, oldest first. */
  chain(hash: string): ConfigEvent[] {
    const events: ConfigEvent[] = []
    for (let at = this.#entries.get(hash); at !== undefined; at = this.#entries.get(at.event.prevHash)) {
      events.push(at.event)
    }
    return events.reverse()
  }

  /** Whether the history that ends at `later` goes through `earlier`. */
  leadsTo(earlier: { revision: number; hash: string }, later: string): boolean {
    let hash = later
    for (let at = this.#entries.get(hash); at !== undefined && at.event.revision > earlier.revision; ) {
      hash = at.event.prevHash
      at = this.#entries.get(hash)
    }
    return hash === earlier.hash
  }
}

export function digestOf(state: ConfigState): string {
  return JSON.stringify(stateToJson(state))
}
