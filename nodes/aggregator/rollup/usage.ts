// Usage by hour and by everything it can be asked for. Pure: records in, sums out. What one request adds goes to one
// cell; its provider is that of the attempt whose answer was used.
import { hourMs, type UsageCounter, type UsageDimension } from '../../../shared/telemetry/answers/usage-fields.ts'
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'

export type UsageCell = { hour: number } & Record<UsageDimension, string> & Record<UsageCounter, number>

/** The names under which a request is summed. */
export type SummedNames = Pick<UsageCell, 'user' | 'model'>

export class UsageFold {
  /** Cells by key, model and user, which distinguish nearly all cells. */
  readonly #cells = new Map<string, Map<string, Users>>()
  #size = 0

  /** Cells in use. */
  get size(): number {
    return this.#size
  }

  /** `names` are those under which the request is summed. */
  add(request: DecodedRequest, names: SummedNames): void {
    const { record } = request
    const cell = this.#cell(request, names)
    const cacheHit = record.cacheStatus === 'HIT' || record.cacheStatus === 'SEMANTIC_HIT'
    if (record.attempts > 0 || cacheHit) cell.requests++
    if (isRateLimited(request)) cell.rateLimited++
    else if (isError(request)) cell.errors++
    if (cacheHit) cell.cacheHits++
    if (record.fallbackIndex > 0) cell.fallbacks++
    cell.inputTokens += whole(record.tokens.input)
    cell.outputTokens += whole(record.tokens.output)
    cell.cachedTokens += whole(record.tokens.cached)
    cell.costNanoUsd += whole(record.costNanoUsd)
    cell.savedNanoUsd += whole(record.savedNanoUsd)
  }

  /** Adds a request that was counted as a failed one, by what it really was. */
  put(request: DecodedRequest, names: SummedNames, money: Pick<UsageCell, 'costNanoUsd' | 'savedNanoUsd'>): void {
    const { record } = request
    const cell = this.#cell(request, names)
    if (!isError(request)) cell.errors--
    cell.inputTokens += whole(record.tokens.input)
    cell.outputTokens += whole(record.tokens.output)
    cell.cachedTokens += whole(record.tokens.cached)
    cell.costNanoUsd += money.costNanoUsd
    cell.savedNanoUsd += money.savedNanoUsd
  }

  *cells(): Generator<UsageCell, void> {
    for (const models of this.#cells.values())
      for (const users of models.values()) for (const cells of users.values()) yield* cells
  }

  clear(): void {
    this.#cells.clear()
    this.#size = 0
  }

  #cell(request: DecodedRequest, names: SummedNames): UsageCell {
    const { record, provider } = request
    const hour = Math.floor(record.atMs / hourMs)
    const users = getOrMake(getOrMake(this.#cells, record.keyId, newModels), names.model, newUsers)
    const cells = getOrMake(users, names.user, newList)
    for (const cell of cells) {
      if (
        cell.hour === hour &&
        cell.provider === provider &&
        cell.team === record.team &&
        cell.app === record.app &&
        cell.costCenter === record.costCenter
      )
        return cell
    }
    const cell = emptyCell(request, names, hour)
    cells.push(cell)
    this.#size++
    return cell
  }
}

type Users = Map<string, UsageCell[]>
const newModels = () => new Map<string, Users>()
const newUsers = (): Users => new Map()
const newList = (): UsageCell[] => []

function getOrMake<Value>(values: Map<string, Value>, name: string, make: () => Value): Value {
  const known = values.get(name)
  if (known !== undefined) return known
  const made = make()
  values.set(name, made)
  return made
}

/** Whether a limit of the gateway refused the request. An upstream's 429 is an error of the request instead. */
export function isRateLimited({ record }: DecodedRequest): boolean {
  return record.status === 'refused' && record.httpStatus === 429
}

/** Refusals count too, so errors can exceed `requests`, which are only those that reached an attempt or the cache. */
export function isError({ record }: DecodedRequest): boolean {
  if (record.status === 'client-aborted') return false
  return record.status !== 'ok' || record.httpStatus >= 400
}

/** Sums stay integers, and a provider that reports nonsense cannot make them run backwards. */
export function whole(value: number): number {
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}

function emptyCell({ record, provider }: DecodedRequest, { model, user }: SummedNames, hour: number): UsageCell {
  return {
    hour,
    key: record.keyId,
    model,
    team: record.team,
    user,
    app: record.app,
    costCenter: record.costCenter,
    provider,
    requests: 0,
    errors: 0,
    rateLimited: 0,
    cacheHits: 0,
    fallbacks: 0,
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    costNanoUsd: 0,
    savedNanoUsd: 0,
  }
}
