// A part of the gateway that answers requests.
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'

export interface Api {
  /** Answers now or later; every way ends in a settlement. */
  answer(request: AuthenticatedRequest): void
}
