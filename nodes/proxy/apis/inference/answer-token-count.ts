// Answers a request for a number of tokens by our own estimate, where no target can count them.
import { done, type Result } from '../../../../shared/result.ts'
import type { Hold } from '../../accounting/outcome.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { EstimatedAnswer } from '../../attempts/dispatched-request.ts'
import { estimatedHeader } from '../../attempts/response-headers.ts'
import type { Operation } from '../../operations/operation.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { JsonTranslators } from '../../translators/choose-translator.ts'
import type { Translators, WholeAnswer } from '../../translators/translator.ts'

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
  settlement.answer(request, { body, headers: estimatedHeader }, { model, holds })
}

/** The answer by estimate, for the case that the target which should count turns out not to; undefined where nothing is counted. */
export function estimateOf(
  { operation: { counts } }: AuthenticatedRequest,
  translators: Translators,
): EstimatedAnswer | undefined {
  if (counts === undefined || !(translators instanceof JsonTranslators)) return undefined
  return {
    now: () => printed(translators.estimate(), counts),
    later: () => {
      const late = translators.lateEstimate()
      if (late === undefined) return undefined
      return { start: async () => printed(await late.start(), counts), stop: () => late.stop() }
    },
  }
}

function printed<Failure>(
  tokens: Result<number, Failure>,
  counts: NonNullable<Operation['counts']>,
): Result<WholeAnswer, Failure> {
  if (!tokens.ok) return tokens
  const body = JSON.stringify(counts(tokens.value))
  return done({ body, contentType: 'application/json', usage: undefined, textBytes: 0, isEstimate: true })
}
