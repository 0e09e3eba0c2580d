// The way in to APIs whose requests are no inference: the policies are asked before anything of the request is done.
import type { Settlement } from '../accounting/settle.ts'
import { enterPolicies } from '../policies/enter-policies.ts'
import type { Policy } from '../policies/policy.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { Api } from './api.ts'
import { proceed } from './proceed.ts'

export class Entry {
  readonly #policies: readonly Policy[]
  readonly #settlement: Settlement

  constructor(policies: readonly Policy[], settlement: Settlement) {
    this.#policies = policies
    this.#settlement = settlement
  }

  /** Goes on with a request that no policy rejects; `model` is '' for requests that name none. */
  enter(request: AuthenticatedRequest, model: string, next: () => void): void {
    const settlement = this.#settlement
    const onBug = (error: unknown) => settlement.bug(request, error, { model })
    proceed(
      enterPolicies(this.#policies, request, model),
      ({ holds, error, thrown }) => {
        settlement.enter(request, holds)
        if (thrown !== undefined) onBug(thrown[0])
        else if (request.reply.gone) settlement.left(request, { model })
        else if (error === undefined) next()
        else settlement.reject(request, error, { model })
      },
      onBug,
    )
  }

  /** The same API behind the policies. */
  before(api: Api): Api {
    return { answer: (request) => this.enter(request, '', () => api.answer(request)) }
  }
}
