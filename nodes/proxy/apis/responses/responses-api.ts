// Requests about responses that are stored. Those that are stored here are answered from the store; those that a provider holds
// are asked for there, with the credential that made them.
import type { Chance, Clock } from '../../../../shared/clock.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { HttpAttemptTools } from '../../attempts/attempt-owner.ts'
import { Delivery, type DeliveryTools } from '../../attempts/delivery.ts'
import { Dispatch } from '../../attempts/dispatch.ts'
import type { ResponseStore } from '../../conversations/response-store.ts'
import type { ProviderResponse } from '../../conversations/stored-response.ts'
import type { Jobs } from '../../large/job.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { defaultTimeouts } from '../../routing/model-route.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { ObjectCall } from '../../translators/object-translator.ts'
import type { Api } from '../api.ts'
import { accountDispatch } from '../files/account-dispatch.ts'
import { proceed } from '../proceed.ts'
import { answerStoredResponse, directAnswer, type StoredResponseRequest } from './stored-response-endpoint.ts'

export interface ResponsesApiOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly settlement: Settlement
  readonly attempts: HttpAttemptTools
  readonly delivery: DeliveryTools
  readonly store: ResponseStore
  readonly jobs: Jobs
}

/** A provider only looks a stored response up, so its answer may be expected early. */
const timeouts = { ...defaultTimeouts, firstTokenMs: 30_000, firstTokenIsSet: true }

export class ResponsesApi implements Api {
  readonly #options: ResponsesApiOptions

  constructor(options: ResponsesApiOptions) {
    this.#options = options
  }

  answer(request: AuthenticatedRequest): void {
    const { settlement, store, jobs } = this.#options
    const { head, matched, caller } = request
    const { response } = matched
    if (response === undefined) return
    const { method, query } = head
    const asked = { id: response.id, action: response.action, owner: caller.owner, method, query }
    proceed(
      answerStoredResponse(store, asked, { jobs, owner: caller, hold: undefined }),
      (answer) => {
        if (request.reply.gone) settlement.left(request)
        else if (!answer.ok) settlement.reject(request, answer.error)
        else if (answer.value.type === 'held') this.#forward(request, asked, answer.value.held)
        else settlement.answer(request, directAnswer(answer.value))
      },
      (error) => settlement.bug(request, error),
    )
  }

  #forward(request: AuthenticatedRequest, asked: StoredResponseRequest, held: ProviderResponse): void {
    const { attempts, delivery, settlement, clock, chance } = this.#options
    const target = targetOf(request.snapshot, held)
    if (target === undefined) return settlement.reject(request, { type: 'no-target', model: held.target })
    const call = this.#call(target, asked)
    const holds = settlement.heldBy(request)
    const dispatched = accountDispatch(request, target, {
      call,
      clock,
      chance,
      holds,
      timeouts,
      pinned: held.credential,
    })
    const delivered = { model: '', stream: false, holds: [], keeper: undefined }
    new Dispatch(attempts, request, dispatched, new Delivery(delivery, request, delivered)).start()
  }

  #call(target: Target, { id, action, query, method, owner }: StoredResponseRequest): Omit<ObjectCall, 'headerLines'> {
    const { store } = this.#options
    const path = `/responses/${id}${action === '' ? '' : `/${action}`}${query === '' ? '' : `?${query}`}`
    return {
      method: method as ObjectCall['method'],
      path: addressOf(target, path),
      body: [],
      contentType: '',
      tell: (bytes) => {
        // The provider has deleted it.
        if (method === 'DELETE') void store.forget(owner, id)
        return bytes
      },
    }
  }
}

function targetOf(snapshot: Snapshot, { target, provider }: ProviderResponse): Target | undefined {
  const targets = snapshot.routeOf(target)?.targets ?? []
  return targets.find((one) => one.target.provider === provider)?.target
}
