// Replaces references to items of earlier responses in an input. The id of an item says which response it is part of.
import { bounds } from '../../../shared/bounds.ts'
import type { Json, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { forOthers, sealedOutput } from './history.ts'
import type { ResponseStore } from './response-store.ts'
import { decodeTurn, responseOfItem } from './stored-response.ts'

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
    const items = new Map<string, JsonObject>()
    for (const turn of this.turns.map(decodeTurn)) {
      for (const item of [...turn.input, ...sealedOutput(turn)]) items.set(String(item['id']), item)
    }
    return {
      items: input.map((item) => items.get(referredBy(item) ?? '') ?? item) as readonly JsonObject[],
      forOthers: input.flatMap((item) => {
        const named = items.get(referredBy(item) ?? '')
        return named === undefined ? [item as JsonObject] : forOthers([named])
      }),
    }
  }
}

/** The ids of the responses that an input, a list in JSON, refers to. */
export function referredResponses(input: string): ReadonlySet<string> {
  const items = parseExact(input) as readonly Json[]
  return new Set(items.flatMap((item) => responseOfItem(referredBy(item) ?? '') ?? []))
}

/** Undefined where the input refers to no response that is stored here. */
export async function findReferred(
  store: ResponseStore,
  owner: string,
  responses: ReadonlySet<string>,
): Promise<Result<ReferredTurns | undefined, GatewayError>> {
  if (responses.size === 0) return done(undefined)
  if (responses.size > bounds.responseChainMax) {
    return fail({ type: 'chain-too-long', responses: responses.size, bytes: 0 })
  }
  const turns: Buffer[] = []
  let bytes = 0
  for (const id of responses) {
    const found = await store.find(owner, id)
    if (!found.ok) return found
    const stored = found.value?.stored
    if (stored?.type !== 'kept') continue
    bytes += stored.bytes.length
    if (bytes > bounds.responseChainBytesMax) return fail({ type: 'chain-too-long', responses: responses.size, bytes })
    turns.push(stored.bytes)
  }
  return done(new ReferredTurns(turns))
}

function referredBy(item: Json): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { type, id } = item as JsonObject
  return type === 'item_reference' && typeof id === 'string' ? id : undefined
}
