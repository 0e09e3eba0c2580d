// What the kinds that have a webhook ask of it: where its messages may go.
import { egressProblem } from '../../egress.ts'
import { invalid, type PathSegment, type Problem } from '../../problem.ts'
import type { CheckOptions } from '../kind-rules.ts'
import { isRecord, text } from '../salvage.ts'
import type { WebhookSpec } from './spec.ts'

export function webhookProblems(
  path: readonly PathSegment[],
  webhook: string | WebhookSpec | undefined,
  options: Pick<CheckOptions, 'egressStrict'>,
): Problem[] {
  if (webhook === undefined) return []
  const { url, allowPrivate = false } = typeof webhook === 'string' ? { url: webhook } : webhook
  const problem = egressProblem(url, { strict: options.egressStrict, allowPrivate })
  return problem === undefined ? [] : [invalid([...path, ...(typeof webhook === 'string' ? [] : ['url'])], problem)]
}

/** What can be judged of a webhook that failed its schema. */
export function salvagedWebhook(webhook: unknown): string | WebhookSpec | undefined {
  if (typeof webhook === 'string') return webhook
  if (!isRecord(webhook)) return undefined
  const { url, allowPrivate } = webhook
  // Whoever misspelt what allows a private address is told about the spelling alone.
  const allowed = allowPrivate !== undefined && allowPrivate !== false
  return { url: text(url), secret: { $sealed: '', hint: '' }, allowPrivate: allowed }
}
