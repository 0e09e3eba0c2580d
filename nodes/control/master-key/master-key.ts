// The change of the master key. Every node accepts the new key beside the old one before this is run (`docs/operations.md`).
// Then every data key is wrapped under the new one, and the log's key under the old one is kept for the events that exist,
// and for no later ones: the old master key is needed for nothing in the log any more. Each step can be repeated.
import type { ConfigLog } from '../../../cluster/config-log/log/config-log.ts'
import type { KeyStore, KeyStoreRefusal, Wrapping } from '../../../cluster/secrets/key-store.ts'
import { retiredLogKeys, retireLogKey } from '../../../cluster/secrets/log-keys.ts'
import { idsOf, type MasterKeys } from '../../../cluster/secrets/master-keys.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { ConfigService } from '../config-service.ts'
import type { Problem } from '../http/answer.ts'
import { problems } from '../http/problems.ts'
import type { NodesView } from '../nodes-view.ts'
import { lastRevisionUnder } from './last-revision-under.ts'

export interface MasterKeyOptions {
  masterKeys: MasterKeys
  keys: KeyStore
  desk: Pick<ConfigService, 'revision' | 'state' | 'write'>
  log: Pick<ConfigLog, 'read'>
  nodes: Pick<NodesView, 'present'>
}

export interface MasterKeyStanding {
  /** The id of the key that signs and seals, and those of the keys that are accepted beside it. */
  readonly current: string
  readonly accepted: readonly string[]
  readonly dataKeys: Wrapping
  /** The last revision that needs an accepted key to be verified; 0 when none does. */
  readonly eventsLeftUpTo: number
  /** Nodes that sign and seal with another key, or do not say with which. */
  readonly nodesBehind: readonly string[]
  /** Whether the accepted keys are needed neither for the data keys nor for the log. */
  readonly isDone: boolean
}

export class MasterKeyChange {
  readonly #options: MasterKeyOptions

  constructor(options: MasterKeyOptions) {
    this.#options = options
  }

  async standing(): Promise<Result<MasterKeyStanding, Problem>> {
    const { masterKeys, keys } = this.#options
    const dataKeys = await keys.wrapping()
    if (!dataKeys.ok) return fail(unavailable(dataKeys.error))
    const left = await this.#eventsLeft()
    if (!left.ok) return left
    const eventsLeftUpTo = Math.max(0, ...left.value.values())
    const [current = '', ...accepted] = idsOf(masterKeys)
    const nodesBehind = this.#nodesBehind(current)
    const isDone = dataKeys.value.left === 0 && eventsLeftUpTo === 0 && nodesBehind.length === 0
    return done({ current, accepted, dataKeys: dataKeys.value, eventsLeftUpTo, nodesBehind, isDone })
  }

  /** Resolves with what is left, which is nothing unless another node got in between. */
  async rewrap(actor: string): Promise<Result<MasterKeyStanding & { rewrapped: number }, Problem>> {
    const { keys, desk, masterKeys } = this.#options
    const state = desk.state()
    if (!state.ok) return state
    const [current = ''] = idsOf(masterKeys)
    const behind = this.#nodesBehind(current)
    if (behind.length > 0) return fail(othersFirst(behind))
    const rewrapped = await keys.rewrap()
    if (!rewrapped.ok) return fail(unavailable(rewrapped.error))
    const pinned = await this.#retire(actor, current)
    if (!pinned.ok) return pinned
    const standing = await this.standing()
    return standing.ok ? done({ ...standing.value, rewrapped: rewrapped.value }) : standing
  }

  /** Keeps what verifies the events that exist. The event that is written then is under the current key, and its hash
   *  fixes all events before it. */
  async #retire(actor: string, current: string): Promise<Result<undefined, Problem>> {
    const { keys, desk, masterKeys } = this.#options
    const left = await this.#eventsLeft()
    if (!left.ok) return left
    for (const [masterKey, revision] of left.value) {
      if (revision === 0) continue
      const kept = await retireLogKey(keys, masterKey, desk.revision)
      if (!kept.ok) return fail(unavailable(kept.error))
    }
    const accepted = new Set(idsOf(masterKeys).slice(1))
    const upTo = [...retiredLogKeys(keys)].flatMap(([id, retired]) => (accepted.has(id) ? [retired.upTo] : []))
    if (desk.revision === 0 || desk.revision > Math.max(-1, ...upTo)) return done(undefined)
    const reason = `data keys and log are under the master key ${current}`
    const decide = () => done({ type: 'change-set' as const, changes: [] })
    const written = await desk.write({ actor, reason, decide })
    return written.ok ? done(undefined) : written
  }

  /** Returns, for each accepted master key, the last revision under it that needs it. */
  async #eventsLeft(): Promise<Result<Map<Uint8Array, number>, Problem>> {
    const { masterKeys, keys, log, desk } = this.#options
    const [current, ...accepted] = masterKeys
    const retired = retiredLogKeys(keys)
    const left = new Map<Uint8Array, number>()
    for (const [index, masterKey] of accepted.entries()) {
      const id = idsOf(masterKeys)[index + 1] ?? ''
      const after = retired.get(id)?.upTo ?? 0
      const range = { after, upTo: desk.revision }
      const last = await lastRevisionUnder(log, { masterKey, current }, range)
      if (!last.ok) return fail(problems.unavailable('The configuration log does not answer.', 'log_unavailable'))
      left.set(masterKey, last.value)
    }
    return done(left)
  }

  #nodesBehind(current: string): string[] {
    const others = this.#options.nodes.present().filter(({ masterKeys }) => masterKeys?.[0] !== current)
    return [...new Set(others.map(({ node }) => node))]
  }
}

function unavailable({ message }: KeyStoreRefusal): Problem {
  return problems.unavailable(`The data keys cannot be changed: ${message}.`, 'secrets_unavailable')
}

function othersFirst(behind: readonly string[]): Problem {
  const detail = `These nodes sign with another master key: ${behind.join(', ')}. Restart them with the new key in HEADGATE_MASTER_KEY and the old one in HEADGATE_MASTER_KEY_PREVIOUS.`
  return { status: 409, code: 'nodes-behind', title: 'Some nodes have another master key', detail }
}
