// What callers do with responses that are stored: read them, list what went into them, delete them. Those that a provider
// holds are asked for there, with the credential that made them.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { DirectAnswer } from '../../accounting/settle.ts'
import { outputOf, sealedOutput } from '../../conversations/history.ts'
import { pageOf } from '../../conversations/item-page.ts'
import { replayedEvents } from '../../conversations/replay.ts'
import type { ResponseStore } from '../../conversations/response-store.ts'
import type { LocalResponse, ProviderResponse } from '../../conversations/stored-response.ts'
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
  | { readonly type: 'json'; readonly body: JsonObject }
  | { readonly type: 'events'; readonly text: string }
  /** The provider is to be asked. */
  | { readonly type: 'held'; readonly held: ProviderResponse }

export async function answerStoredResponse(
  store: ResponseStore,
  request: StoredResponseRequest,
): Promise<Result<StoredResponseAnswer, GatewayError>> {
  const { owner, id, method, action } = request
  const found = await store.find(owner, id)
  if (!found.ok) return found
  const stored = found.value?.stored
  if (stored === undefined) return fail({ type: 'response-unknown', id, isPrevious: false })
  if (stored.type === 'held') return done({ type: 'held', held: stored })
  if (method === 'DELETE') return forget(store, request)
  if (action === 'cancel') return fail(notInBackground)
  if (action === 'input_items') return listInput(store, request, stored)
  return show(stored, new URLSearchParams(request.query))
}

async function forget(
  store: ResponseStore,
  { owner, id }: StoredResponseRequest,
): Promise<Result<StoredResponseAnswer, GatewayError>> {
  const gone = await store.forget(owner, id)
  if (!gone.ok) return gone
  if (!gone.value) return fail({ type: 'response-unknown', id, isPrevious: false })
  return done({ type: 'json', body: { id, object: 'response', deleted: true } })
}

/** Lists the whole input of the model, earlier turns included, without those that are deleted. */
async function listInput(
  store: ResponseStore,
  { owner, query }: StoredResponseRequest,
  kept: LocalResponse,
): Promise<Result<StoredResponseAnswer, GatewayError>> {
  const before = await store.before(owner, kept)
  if (!before.ok) return before
  const asked = new URLSearchParams(query)
  const earlier = before.value.filter((turn) => turn !== undefined)
  const items = earlier.flatMap((turn) => [
    ...turn.input,
    ...(wantsSealed(asked) ? sealedOutput(turn) : outputOf(turn.response)),
  ])
  const page = pageOf([...items, ...kept.input], asked)
  return page.ok ? done({ type: 'json', body: page.value }) : page
}

function show(kept: LocalResponse, asked: URLSearchParams): Result<StoredResponseAnswer, GatewayError> {
  const after = asked.get('starting_after')
  if (asked.get('stream') === 'true') {
    if (after !== null && !/^\d{1,9}$/.test(after)) return fail(badNumber)
    return done({ type: 'events', text: replayedEvents(kept, after === null ? -1 : Number(after)) })
  }
  const { response } = kept
  return done({ type: 'json', body: wantsSealed(asked) ? { ...response, output: sealedOutput(kept) } : response })
}

const notInBackground: GatewayError = {
  type: 'bad-body',
  code: 'response_not_in_background',
  param: 'response_id',
  message:
    'Only responses that were made with `background: true` can be cancelled; this one was complete when it was answered.',
}

const badNumber: GatewayError = {
  type: 'bad-body',
  code: 'invalid_value',
  param: 'starting_after',
  message: '`starting_after` must be the number of an event.',
}

function wantsSealed(asked: URLSearchParams): boolean {
  return [...asked.getAll('include'), ...asked.getAll('include[]')].includes('reasoning.encrypted_content')
}

/** The answer for the caller, without a call to a provider. */
export function directAnswer(answer: Exclude<StoredResponseAnswer, { type: 'held' }>): DirectAnswer {
  if (answer.type === 'json') return { body: JSON.stringify(answer.body) }
  return { body: answer.text, contentType: 'text/event-stream', headers: ['cache-control', 'no-cache'] }
}
