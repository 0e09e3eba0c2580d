// A page of a list is an answer that may not be the caller's yet: pages are asked for until the list is long enough.

import type { AttemptUse } from '../../attempts/answer-delivery.ts'
import type { Attempt } from '../../attempts/attempt.ts'
import { Delivery, type DeliveryTools } from '../../attempts/delivery.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import type { WholeAnswer } from '../../translators/translator.ts'

export class PageDelivery extends Delivery {
  /** The provider's id to ask for the next page with; undefined when the caller has what it asked for. */
  next: string | undefined
  readonly #ask: (after: string) => void

  /** `ask` asks for the page behind an object. */
  constructor(tools: DeliveryTools, request: AuthenticatedRequest, ask: (after: string) => void) {
    super(tools, request, { model: '', stream: false, holds: [], keeper: undefined })
    this.#ask = ask
  }

  override answer(attempt: Attempt, answer: WholeAnswer, use: AttemptUse): void {
    if (this.next === undefined) super.answer(attempt, answer, use)
    else this.#ask(this.next)
  }
}
