// The Responses API as far as it remembers: what a request goes on from before it is sent, and requests about responses that
// are stored.
import type { Chance, Clock } from '../../../../shared/clock.ts'
import type { BodyScan } from '../../../../shared/json/scan.ts'
import type { Result } from '../../../../shared/result.ts'
import type { TransitTools } from '../../attempts/dispatch.ts'
import { type Caller, identify } from '../../auth/callers.ts'
import { begin, type Continuation } from '../../conversations/continuation.ts'
import type { ResponseStore } from '../../conversations/response-store.ts'
import type { StorageOptions } from '../../conversations/storage-options.ts'
import { ownerOf, type ProviderResponse } from '../../conversations/stored-response.ts'
import type { GatewayError } from '../../errors/error-table.ts'
import type { Reply, RequestHead } from '../../http/http.ts'
import { credentialNamed, drawCredential } from '../../providers/credential.ts'
import type { Target } from '../../providers/endpoint.ts'
import { credentialsIn } from '../../request/headers.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { ForwardedCall } from './forwarded-call.ts'
import {
  answerStoredResponse,
  methodsOf,
  type StoredResponseRequest,
  sendStoredResponse,
} from './stored-response-endpoint.ts'

export interface StoredResponsesOptions {
  readonly store: ResponseStore
  /** Of a new response; nobody can guess it. */
  newId(): string
  readonly clock: Clock
  readonly chance: Chance
  readonly upstreamOf: TransitTools['upstreamOf']
}

/** A request about one response. */
export interface AboutOne {
  readonly head: RequestHead
  readonly about: Pick<StoredResponseRequest, 'id' | 'action'>
  readonly snapshot: Snapshot
  readonly reply: Reply
  readonly requestId: string
  refuse(refusal: GatewayError): void
}

export class StoredResponses {
  readonly #options: StoredResponsesOptions

  constructor(options: StoredResponsesOptions) {
    this.#options = options
  }

  begin(storage: StorageOptions, scan: BodyScan, caller: Caller): Promise<Result<Continuation, GatewayError>> {
    const { store, newId } = this.#options
    return begin({ store, owner: ownerOf(caller), storage, scan, id: newId() })
  }

  async answer(request: AboutOne): Promise<void> {
    const { head, about, snapshot, reply, requestId, refuse } = request
    const allow = methodsOf(about.action)
    if (!allow.split(', ').includes(head.method)) return refuse({ type: 'method-not-allowed', allow })
    const caller = identify(snapshot.callers, credentialsIn(head), this.#options.clock.wallMs())
    if (!caller.ok) return refuse(caller.error)
    const owner = ownerOf(caller.value)
    const asked = { ...about, owner, method: head.method, query: head.query }
    const answer = await answerStoredResponse(this.#options.store, asked)
    if (!answer.ok) return refuse(answer.error)
    if (answer.value.type === 'held') this.#ask(request, asked, answer.value.held)
    else sendStoredResponse(reply, requestId, answer.value)
  }

  #ask({ snapshot, reply, requestId, refuse }: AboutOne, asked: StoredResponseRequest, held: ProviderResponse): void {
    const { clock, chance, store, upstreamOf } = this.#options
    const target = targetOf(snapshot, held)
    if (target === undefined) return refuse({ type: 'no-target', model: held.target })
    const { credentials } = target
    const credential =
      credentialNamed(credentials, held.credential) ?? drawCredential(credentials, clock.monotonicMs(), chance)
    const { owner, id, action, query, method } = asked
    const call = new ForwardedCall({
      ...{ target, credential, reply, requestId, clock, refuse, upstream: upstreamOf(target) },
      method: method as 'GET' | 'POST' | 'DELETE',
      path: `/responses/${id}${action === '' ? '' : `/${action}`}${query === '' ? '' : `?${query}`}`,
      onDone: () => {
        if (method === 'DELETE') void store.forget(owner, id)
      },
    })
    call.start()
  }
}

function targetOf(snapshot: Snapshot, { target, provider }: ProviderResponse): Target | undefined {
  const targets = snapshot.routeOf(target)?.targets ?? []
  return targets.find(({ target }) => target.provider === provider)?.target
}
