// Whether the key of a request that is open still holds, and nobody has stopped it.
import { mayUse } from '../../auth/callers.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { LiveRequest } from './live-requests.ts'

/** The error that ends a request whose key does not hold any more; undefined while it holds. `wallMs` is the wall clock. */
export function keyError(
  { request, sessionModels }: LiveRequest,
  snapshot: Pick<Snapshot, 'callers' | 'blocks'>,
  wallMs: number,
): GatewayError | undefined {
  const caller = snapshot.callers.get(request.caller.tokenHash)
  // A token that was imported again is another key, maybe of somebody else.
  const isSame = caller?.keyId === request.caller.keyId
  if (caller === undefined || !isSame || caller.expiresAtMs <= wallMs) return { type: 'unknown-key' }
  const { user, head } = request
  const block = snapshot.blocks.of({ caller, user, head }, wallMs)
  if (block !== undefined) return { type: 'blocked', reason: block.reason }
  if (sessionModels === undefined || sessionModels.some((name) => mayUse(caller, name))) return undefined
  return { type: 'model-not-allowed', model: sessionModels[0] ?? '' }
}
