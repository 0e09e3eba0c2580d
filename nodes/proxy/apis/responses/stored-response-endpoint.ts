// What callers do with responses that are stored: read them, list what went into them, delete them. Those that a provider
// holds are asked for there, with the credential that made them.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { DirectAnswer } from '../../accounting/settle.ts'
import { type LargeTurns, toldStoredOf } from '../../conversations/large-turns.ts'
import type { ResponseStore } from '../../conversations/response-store.ts'
import type { ProviderResponse } from '../../conversations/stored-response.ts'
import type { ToldStored } from '../../conversations/told-stored.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'

export interface StoredResponseRequest {
  readonly method: string
  readonly id: string
  readonly action: '' | 'input_items' | 'cancel'
  /** The query as sent, without its question mark. */
  readonly query: string
  readonly owner: string
}

export type StoredResponseAnswer =
  | ToldStored
  /** The provider is to be asked. */
  | { readonly type: 'held'; readonly held: ProviderResponse }

export async function answerStoredResponse(
  store: ResponseStore,
  request: StoredResponseRequest,
  work: LargeTurns,
): Promise<Result<StoredResponseAnswer, GatewayError>> {
  const { owner, id, method, action, query } = request
  const found = await store.find(owner, id)
  if (!found.ok) return found
  const stored = found.value?.stored
  if (stored === undefined) return fail({ type: 'response-unknown', id, isPrevious: false })
  if (stored.type === 'held') return done({ type: 'held', held: stored })
  if (method === 'DELETE') return forget(store, request)
  if (action === 'cancel') return fail(notInBackground)
  if (action !== 'input_items') return toldStoredOf({ what: 'response', query }, [stored.bytes], work)
  const before = await store.before(owner, stored)
  if (!before.ok) return before
  // Turns that are deleted are left out.
  const earlier = before.value.flatMap((turn) => (turn === undefined ? [] : [turn.bytes]))
  return toldStoredOf({ what: 'input', query }, [...earlier, stored.bytes], work)
}

async function forget(
  store: ResponseStore,
  { owner, id }: StoredResponseRequest,
): Promise<Result<StoredResponseAnswer, GatewayError>> {
  const gone = await store.forget(owner, id)
  if (!gone.ok) return gone
  if (!gone.value) return fail({ type: 'response-unknown', id, isPrevious: false })
  return done({ type: 'json', text: JSON.stringify({ id, object: 'response', deleted: true }) })
}

const notInBackground: GatewayError = {
  type: 'bad-body',
  code: 'response_not_in_background',
  param: 'response_id',
  message:
    'Only responses that were made with `background: true` can be cancelled; this one was complete when it was answered.',
}

/** The answer for the caller, without a call to a provider. */
export function directAnswer({ type, text }: ToldStored): DirectAnswer {
  if (type === 'json') return { body: text }
  return { body: text, contentType: 'text/event-stream', headers: ['cache-control', 'no-cache'] }
}
