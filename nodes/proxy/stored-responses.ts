// The Responses API as far as it remembers: what a request goes on from before it is sent, and requests about responses that
// are stored.
import type { Chance, Clock } from '../../shared/clock.ts'
import type { BodyScan } from '../../shared/json/scan.ts'
import type { Result } from '../../shared/result.ts'
import { type Caller, identify } from './auth/callers.ts'
import { credentialsIn } from './caller-headers.ts'
import type { Reply, RequestHead } from './http/http.ts'
import { credentialNamed, drawCredential } from './providers/credential.ts'
import type { Endpoint } from './providers/endpoint.ts'
import type { Refusal } from './refusals.ts'
import { begin, type Continuation } from './response-continuation.ts'
import { answerAtDesk, type DeskRequest, methodsOf, sendDeskAnswer } from './response-desk.ts'
import { HeldCall } from './response-held-call.ts'
import type { ResponseBook } from './responses/response-book.ts'
import type { StateWish } from './responses/state-wish.ts'
import { type HeldResponse, ownerOf } from './responses/stored-response.ts'
import type { Snapshot } from './snapshot.ts'
import type { TransitTools } from './transit.ts'

export interface StoredResponsesOptions {
  readonly book: ResponseBook
  /** Of a new response; nobody can guess it. */
  newId(): string
  readonly clock: Clock
  readonly chance: Chance
  readonly upstreamOf: TransitTools['upstreamOf']
}

/** A request about one response. */
export interface AboutOne {
  readonly head: RequestHead
  readonly about: Pick<DeskRequest, 'id' | 'action'>
  readonly snapshot: Snapshot
  readonly reply: Reply
  readonly requestId: string
  refuse(refusal: Refusal): void
}

export class StoredResponses {
  readonly #options: StoredResponsesOptions

  constructor(options: StoredResponsesOptions) {
    this.#options = options
  }

  begin(wish: StateWish, scan: BodyScan, caller: Caller): Promise<Result<Continuation, Refusal>> {
    const { book, newId } = this.#options
    return begin({ book, owner: ownerOf(caller), wish, scan, id: newId() })
  }

  async answer(request: AboutOne): Promise<void> {
    const { head, about, snapshot, reply, requestId, refuse } = request
    const allow = methodsOf(about.action)
    if (!allow.split(', ').includes(head.method)) return refuse({ type: 'method-not-allowed', allow })
    const caller = identify(snapshot.callers, credentialsIn(head), this.#options.clock.wallMs())
    if (!caller.ok) return refuse(caller.error)
    const owner = ownerOf(caller.value)
    const asked = { ...about, owner, method: head.method, query: head.query }
    const answer = await answerAtDesk(this.#options.book, asked)
    if (!answer.ok) return refuse(answer.error)
    if (answer.value.type === 'held') this.#ask(request, asked, answer.value.held)
    else sendDeskAnswer(reply, requestId, answer.value)
  }

  #ask({ snapshot, reply, requestId, refuse }: AboutOne, asked: DeskRequest, held: HeldResponse): void {
    const { clock, chance, book, upstreamOf } = this.#options
    const endpoint = endpointOf(snapshot, held)
    if (endpoint === undefined) return refuse({ type: 'no-target', model: held.target })
    const { credentials } = endpoint
    const credential =
      credentialNamed(credentials, held.credential) ?? drawCredential(credentials, clock.monotonicMs(), chance)
    const { owner, id, action, query, method } = asked
    const call = new HeldCall({
      ...{ endpoint, credential, reply, requestId, clock, refuse, upstream: upstreamOf(endpoint) },
      method: method as 'GET' | 'POST' | 'DELETE',
      path: `/responses/${id}${action === '' ? '' : `/${action}`}${query === '' ? '' : `?${query}`}`,
      onDone: () => {
        if (method === 'DELETE') void book.forget(owner, id)
      },
    })
    call.start()
  }
}

function endpointOf(snapshot: Snapshot, { target, provider }: HeldResponse): Endpoint | undefined {
  const targets = snapshot.routeOf(target)?.targets ?? []
  return targets.find(({ endpoint }) => endpoint.provider === provider)?.endpoint
}
