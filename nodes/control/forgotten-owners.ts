// What a deleted team, user or app has left in the state store is erased. Nobody can reach it from the deletion on, because owners
// are known by ids; this gives its room and its bytes back. The log is read from where the last pass ended, so that neither a kill
// nor a store that is away lets an owner be overlooked, whichever control node deleted it.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Follower } from '../../cluster/config-log/follower/follower.ts'
import { CoalescedRun } from '../../cluster/config-log/log/coalesced-run.ts'
import type { ConfigLog, StoredEvent } from '../../cluster/config-log/log/config-log.ts'
import { isGenuine, parseEvent } from '../../cluster/config-log/log/event-codec.ts'
import type { LogKey } from '../../cluster/config-log/log/log-key.ts'
import { writeFileAtomically } from '../../cluster/data-folder/atomic-file.ts'
import { fileSystem } from '../../cluster/data-folder/disk.ts'
import type { StateStore } from '../../cluster/state/state-store.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import { isResourceChange, isResourceSet, kindOfChange } from '../../shared/config/kinds/kind.ts'
import { isOwnerKind, ownerIdOf, ownerKinds } from '../../shared/config/kinds/owners/owner-id.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notify } from '../../shared/notice.ts'

export interface ForgottenOwnersOptions {
  log: Pick<ConfigLog, 'read'>
  follower: Pick<Follower, 'state' | 'refusal'>
  store: Pick<StateStore, 'forget'>
  /** Keeps the revision up to which deletions were handled. */
  path: string
  macKey: LogKey
  clock: Clock
  notify: Notify
}

const pageEvents = 256
const againMs = 30_000

export class ForgottenOwners {
  readonly #options: ForgottenOwnersOptions
  readonly #passes = new CoalescedRun(() => this.#pass())
  #revision: number | undefined
  #written: number | undefined
  #again: Timer | undefined
  #failures = 0
  #stopped = false

  constructor(options: ForgottenOwnersOptions) {
    this.#options = options
  }

  /** Handles the deletions up to the newest revision. Resolves when they are handled, or are left for a later try. */
  look(): Promise<void> {
    return this.#stopped ? Promise.resolve() : this.#passes.run()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#again?.cancel()
    await this.#passes.current
    this.#write()
  }

  async #pass(): Promise<void> {
    const { follower, log } = this.#options
    const { state, refusal } = follower
    // While the log is damaged or incomplete, nothing is erased.
    if (state === undefined || refusal !== undefined) return
    let at = Math.min(this.#revision ?? this.#read() ?? state.revision, state.revision)
    for (; at < state.revision && !this.#stopped; await nextTurn()) {
      const page = await log.read(at, Math.min(pageEvents, state.revision - at))
      const last = page.ok ? page.value.at(-1) : undefined
      if (!page.ok || last === undefined) break
      const gone = page.value.flatMap((stored) => this.#deletedBy(stored))
      if (gone.length > 0 && !(await this.#forget(gone))) break
      at = this.#revision = last.revision
      if (gone.length > 0 || at - (this.#written ?? 0) >= pageEvents) this.#write()
    }
    this.#revision = at
    if (this.#written === undefined) this.#write()
  }

  /** Ids of the owners that an event deletes. */
  #deletedBy(stored: StoredEvent): string[] {
    if (!isGenuine(stored, this.#options.macKey, stored.revision)) return []
    const change = parseEvent(stored.bytes)?.change
    if (change === undefined) return []
    const parts = change.type === 'change-set' ? change.changes : [change]
    return parts.flatMap((part) => {
      if (!isResourceChange(part) || isResourceSet(part) || part.id === undefined) return []
      return isOwnerKind(kindOfChange(part)) ? [part.id] : []
    })
  }

  async #forget(ids: readonly string[]): Promise<boolean> {
    const { store, clock, notify, follower } = this.#options
    // An owner may have been restored under its id since.
    const held = follower.state === undefined ? new Set<string>() : idsIn(follower.state)
    for (const id of ids.filter((one) => !held.has(one))) {
      const forgotten = await store.forget(id)
      if (forgotten.ok) continue
      // At a start the store is opened after this node.
      if (++this.#failures > 1) {
        const message = `what deleted owners have stored is not erased yet: ${forgotten.error.message}`
        notify({ type: 'warning', message })
      }
      this.#again?.cancel()
      this.#again = clock.after(againMs, () => void this.look())
      return false
    }
    this.#failures = 0
    return true
  }

  #read(): number | undefined {
    try {
      const { revision } = JSON.parse(fileSystem.read(this.#options.path)?.toString('utf8') ?? '{}')
      return Number.isSafeInteger(revision) ? revision : undefined
    } catch {
      return undefined
    }
  }

  /** A file that cannot be written is an earlier one: some events are read again. */
  #write(): void {
    if (this.#revision === undefined || this.#revision === this.#written) return
    try {
      writeFileAtomically(this.#options.path, `${JSON.stringify({ revision: this.#revision })}\n`)
      this.#written = this.#revision
    } catch {
      this.#written = undefined
    }
  }
}

function idsIn({ resources }: ConfigState): ReadonlySet<string> {
  const ids = ownerKinds.flatMap((kind) => [...resources[kind]].map(([name, owner]) => ownerIdOf(kind, name, owner)))
  return new Set(ids)
}
