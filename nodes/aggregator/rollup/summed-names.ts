// Under which names a request is summed. Callers choose two of them: the user (`x-headgate-user`), and a model that they address as
// `provider/model`. Each new name is a row for each hour, kept for years, so each key has a bounded number of names in a day; what is
// beyond them is summed as `other` and `provider/*`. The history keeps every request as it was.
import { bounds } from '../../../shared/bounds.ts'
import type { RequestRecord } from '../../../shared/telemetry/records.ts'
import type { SummedNames } from './usage.ts'

export interface ConfiguredModels {
  has(model: string): boolean
}

/** The names of one day. What an earlier run of the process admitted on that day is not counted. */
export class NamesOfDay {
  readonly #perKeyMax: number
  readonly #configured: ConfiguredModels
  readonly #users = new Map<string, Set<string>>()
  readonly #models = new Map<string, Set<string>>()
  #day = 0
  #size = 0
  /** Requests that were summed under another name than theirs, since the start. */
  readonly others = { user: 0, model: 0 }

  constructor(perKeyMax: number, configured: ConfiguredModels) {
    this.#perKeyMax = perKeyMax
    this.#configured = configured
  }

  of({ keyId, user, model, atMs }: Pick<RequestRecord, 'keyId' | 'user' | 'model' | 'atMs'>): SummedNames {
    // A sender whose clock is behind must not make the names of today be forgotten.
    const day = Math.floor(atMs / dayMs)
    if (day > this.#day) this.#begin(day)
    return { user: this.#userOf(keyId, user), model: this.#modelOf(keyId, model) }
  }

  #begin(day: number): void {
    this.#day = day
    this.#users.clear()
    this.#models.clear()
    this.#size = 0
  }

  #userOf(key: string, user: string): string {
    if (user === '' || user === other || this.#admits(this.#users, key, user)) return user
    this.others.user++
    return other
  }

  #modelOf(key: string, model: string): string {
    const slash = model.indexOf('/')
    if (slash <= 0 || this.#configured.has(model) || this.#admits(this.#models, key, model)) return model
    this.others.model++
    return `${model.slice(0, slash)}/*`
  }

  #admits(names: Map<string, Set<string>>, key: string, name: string): boolean {
    const known = names.get(key)
    if (known?.has(name) === true) return true
    if (this.#size >= bounds.usageNamesMax || (known?.size ?? 0) >= this.#perKeyMax) return false
    this.#size++
    if (known === undefined) names.set(key, new Set([name]))
    else known.add(name)
    return true
  }
}

const dayMs = 86_400_000
const other = 'other'
