// Replaces references to items of earlier responses in an input. The id of an item says which response it is part of.
import { bounds } from '../../../shared/bounds.ts'
import type { Json, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type GatewayError, unparsedError } from '../errors/gateway-error.ts'
import { forOthers, sealedOutput } from './history.ts'
import { responseOfItem } from './stored-response.ts'
import { type StoredConversations, storedWeight } from './stored-weight.ts'

export interface ResolvedInput {
  readonly items: readonly JsonObject[]
  /** The items for a provider that did not make them. */
  readonly forOthers: readonly JsonObject[]
}

/** Returns undefined where the input refers to no response that is stored here. A reference that is not found stays as it is, and the
 *  provider reports it. */
export async function resolveReferences(
  { store, owner, charge }: StoredConversations,
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
  let bytes = 0
  for (const id of responses) {
    const found = await store.find(owner, id)
    if (!found.ok) return found
    bytes += found.value?.bytes ?? 0
    if (bytes > bounds.responseChainBytesMax) return fail({ type: 'chain-too-long', responses: responses.size, bytes })
    const stored = found.value?.stored
    if (stored?.type !== 'kept') continue
    const noRoom = charge(storedWeight(found.value?.bytes ?? 0))
    if (noRoom !== undefined) return fail(unparsedError(noRoom))
    for (const item of [...stored.input, ...sealedOutput(stored)]) items.set(String(item['id']), item)
  }
  const expanded = expandedBytes(input, items)
  if (expanded > bounds.responseChainBytesMax)
    return fail({ type: 'chain-too-long', responses: responses.size, bytes: expanded })
  const noRoom = charge(storedWeight(expanded))
  if (noRoom !== undefined) return fail(unparsedError(noRoom))
  return done({
    items: input.map((item) => items.get(referredBy(item) ?? '') ?? item) as readonly JsonObject[],
    forOthers: input.flatMap((item) => {
      const named = items.get(referredBy(item) ?? '')
      return named === undefined ? [item as JsonObject] : forOthers([named])
    }),
  })
}

/** The size of what stands in the places of the references: one item may be named many times. */
function expandedBytes(input: readonly Json[], items: ReadonlyMap<string, JsonObject>): number {
  const sizes = new Map<string, number>()
  let bytes = 0
  for (const one of input) {
    const id = referredBy(one)
    const item = id === undefined ? undefined : items.get(id)
    if (id === undefined || item === undefined) continue
    const size = sizes.get(id) ?? JSON.stringify(item).length
    sizes.set(id, size)
    bytes += size
  }
  return bytes
}

function referredBy(item: Json): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { type, id } = item as JsonObject
  return type === 'item_reference' && typeof id === 'string' ? id : undefined
}
