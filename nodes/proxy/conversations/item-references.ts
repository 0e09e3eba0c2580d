// Replaces references to items of earlier responses in an input. The id of an item says which response it is part of.
import { bounds } from '../../../shared/bounds.ts'
import type { Json, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type GatewayError, unparsedError } from '../errors/gateway-error.ts'
import { forOthers, sealedOutput } from './history.ts'
import { decodeTurn, responseOfItem } from './stored-response.ts'
import type { StoredConversations } from './stored-weight.ts'

export interface ResolvedInput {
  readonly items: readonly JsonObject[]
  /** The items for a provider that did not make them. */
  readonly forOthers: readonly JsonObject[]
}

/** The responses that an input refers to, as they are stored. */
export class ReferredTurns {
  readonly turns: readonly Buffer[]

  constructor(turns: readonly Buffer[]) {
    this.turns = turns
  }

  get length(): number {
    return this.turns.reduce((sum, { length }) => sum + length, 0)
  }

  /** The input with the items that it refers to. A reference that is not found stays as it is, and the provider reports it. */
  resolve(input: readonly Json[]): ResolvedInput {
    const items = itemsOf(this.turns)
    return {
      items: input.map((item) => items.get(referredBy(item) ?? '') ?? item) as readonly JsonObject[],
      forOthers: input.flatMap((item) => {
        const named = items.get(referredBy(item) ?? '')
        return named === undefined ? [item as JsonObject] : forOthers([named])
      }),
    }
  }
}

/** The responses that an input, a list in JSON, refers to, and how often. */
export function referredResponses(input: string): ReadonlyMap<string, number> {
  const items = parseExact(input) as readonly Json[]
  const times = new Map<string, number>()
  for (const item of items) {
    const id = responseOfItem(referredBy(item) ?? '')
    if (id !== undefined) times.set(id, (times.get(id) ?? 0) + 1)
  }
  return times
}

export interface FoundTurns {
  readonly referred: ReferredTurns
  /** What stands in the places of the references has at most so many bytes: one item may be named many times. */
  readonly expandedBytesMax: number
}

/** Undefined where the input refers to no response that is stored here. */
export async function findReferred(
  { store, owner, charge }: StoredConversations,
  responses: ReadonlyMap<string, number>,
): Promise<Result<FoundTurns | undefined, GatewayError>> {
  if (responses.size === 0) return done(undefined)
  if (responses.size > bounds.responseChainMax) {
    return fail({ type: 'chain-too-long', responses: responses.size, bytes: 0 })
  }
  const turns: Buffer[] = []
  let [bytes, expandedBytesMax] = [0, 0]
  for (const [id, times] of responses) {
    const found = await store.find(owner, id)
    if (!found.ok) return found
    bytes += found.value?.bytes ?? 0
    if (bytes > bounds.responseChainBytesMax) return fail({ type: 'chain-too-long', responses: responses.size, bytes })
    const stored = found.value?.stored
    if (stored?.type !== 'kept') continue
    const noRoom = charge(stored.bytes.length)
    if (noRoom !== undefined) return fail(unparsedError(noRoom))
    turns.push(stored.bytes)
    expandedBytesMax += times * stored.bytes.length
  }
  return done({ referred: new ReferredTurns(turns), expandedBytesMax })
}

/** The size of what stands in the places of the references. */
export function expandedBytes(input: string, turns: readonly Buffer[]): number {
  const items = itemsOf(turns)
  const sizes = new Map<string, number>()
  let bytes = 0
  for (const one of parseExact(input) as readonly Json[]) {
    const id = referredBy(one)
    const item = id === undefined ? undefined : items.get(id)
    if (id === undefined || item === undefined) continue
    const size = sizes.get(id) ?? JSON.stringify(item).length
    sizes.set(id, size)
    bytes += size
  }
  return bytes
}

/** The items of turns by their ids. */
function itemsOf(turns: readonly Buffer[]): ReadonlyMap<string, JsonObject> {
  const items = new Map<string, JsonObject>()
  for (const turn of turns.map(decodeTurn)) {
    for (const item of [...turn.input, ...sealedOutput(turn)]) items.set(String(item['id']), item)
  }
  return items
}

function referredBy(item: Json): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { type, id } = item as JsonObject
  return type === 'item_reference' && typeof id === 'string' ? id : undefined
}
