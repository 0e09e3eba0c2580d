// Replaces references to items of earlier responses in an input. The id of an item says which response it is part of.
import { bounds } from '../../../shared/bounds.ts'
import type { Json, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import { forOthers, sealedOutput } from './history.ts'
import type { ResponseStore } from './response-store.ts'
import { responseOfItem } from './stored-response.ts'

export interface ResolvedInput {
  readonly items: readonly JsonObject[]
  /** The items for a provider that did not make them. */
  readonly forOthers: readonly JsonObject[]
}

/** Returns undefined where the input refers to no response that is stored here. A reference that is not found stays as it is, and the
 *  provider reports it. */
export async function resolveReferences(
  store: ResponseStore,
  owner: string,
  scan: BodyScan,
): Promise<Result<ResolvedInput | undefined, GatewayError>> {
  const span = scan.field('input')
  if (span?.kind !== 'array') return done(undefined)
  const input = parseExact(scan.bytes.utf8Slice(span.start, span.end)) as readonly Json[]
  const responses = new Set(input.flatMap((item) => responseOfItem(referredBy(item) ?? '') ?? []))
  if (responses.size === 0) return done(undefined)
  if (responses.size > bounds.responseChainMax) {
    return fail({ type: 'chain-too-long', responses: responses.size, bytes: 0 })
  }
  const items = new Map<string, JsonObject>()
  for (const id of responses) {
    const found = await store.find(owner, id)
    if (!found.ok) return found
    const stored = found.value?.stored
    if (stored?.type !== 'kept') continue
    for (const item of [...stored.input, ...sealedOutput(stored)]) items.set(String(item['id']), item)
  }
  return done({
    items: input.map((item) => items.get(referredBy(item) ?? '') ?? item) as readonly JsonObject[],
    forOthers: input.flatMap((item) => {
      const named = items.get(referredBy(item) ?? '')
      return named === undefined ? [item as JsonObject] : forOthers([named])
    }),
  })
}

function referredBy(item: Json): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { type, id } = item as JsonObject
  return type === 'item_reference' && typeof id === 'string' ? id : undefined
}
