// The number of tokens in a large request, by our estimate, as a job.
import { estimateTokens } from '../../../../shared/chat/estimate.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Ineligible } from '../../errors/gateway-error.ts'
import type { Job } from '../../large/job.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import { parseBody, parseConversation } from '../../request/parse-conversation.ts'

export interface EstimateHead {
  /** The name of the operation. */
  readonly operation: string
  readonly betas: string | undefined
}

export const estimateJob: Job<EstimateHead, Result<number, Ineligible>> = {
  name: 'estimate',
  run({ operation, betas }, [bytes = Buffer.alloc(0)]) {
    const { inbound } = operationNamed(operation)
    if (inbound === undefined) return { told: fail({ type: 'unspoken', route: operation }), bodies: [] }
    const parsed = parseConversation({ inbound, body: parseBody(bytes), betas })
    return { told: parsed.ok ? done(estimateTokens(parsed.value.request)) : parsed, bodies: [] }
  },
}
