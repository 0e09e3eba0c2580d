// Everything that is open, HTTP requests and realtime sessions alike, so that it can be cut: when its key is revoked or expires,
// by an operator, at the end of a drain.
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'

export interface LiveRequest {
  readonly request: Pick<AuthenticatedRequest, 'caller' | 'user' | 'head'>
  /** The names of the model whose use is open-ended, of which one must stay allowed; undefined where the request ends by itself,
   *  whatever its key may use later. */
  readonly sessionModels: readonly string[] | undefined
  /** Ends the request, which leaves the list by itself. */
  cut(error: GatewayError): void
  /** The neighbours in the list, which owns both members. */
  livePrevious: LiveRequest | undefined
  liveNext: LiveRequest | undefined
}

/** A linked list through its members: joining and leaving cost a few assignments, for every request. */
export class LiveRequests {
  #first: LiveRequest | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(live: LiveRequest): void {
    const first = this.#first
    live.livePrevious = undefined
    live.liveNext = first
    if (first !== undefined) first.livePrevious = live
    this.#first = live
    this.#size++
  }

  /** Removes a request; called once for each that was added. */
  delete(live: LiveRequest): void {
    const { livePrevious, liveNext } = live
    if (livePrevious === undefined) this.#first = liveNext
    else livePrevious.liveNext = liveNext
    if (liveNext !== undefined) liveNext.livePrevious = livePrevious
    live.livePrevious = undefined
    live.liveNext = undefined
    this.#size--
  }

  /** Cuts the requests for which `why` has an error. */
  cut(why: (live: LiveRequest) => GatewayError | undefined): void {
    for (let live = this.#first; live !== undefined; ) {
      const { liveNext } = live
      const error = why(live)
      if (error !== undefined) live.cut(error)
      live = liveNext
    }
  }
}
