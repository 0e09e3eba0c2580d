// Answers a request for a number of tokens by our own estimate, where no target can count them.
import type { Hold } from '../../accounting/outcome.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'

export interface TokenCount {
  readonly model: string
  readonly count: number
  readonly holds: readonly Hold[]
}

export function answerTokenCount(
  settlement: Settlement,
  request: AuthenticatedRequest,
  { model, count, holds }: TokenCount,
): void {
  const body = JSON.stringify(request.operation.counts?.(count))
  settlement.answer(request, { body, headers: ['x-headgate-estimated', 'true'] }, { model, holds })
}
