// Merges the parts of an answer, of one aggregator that keeps everything or of several.
import { Measures } from '../measures.ts'
import type { AggregatorQuestion, NodeHeartbeat, TargetLoad } from '../records.ts'
import type { AnswerPart } from './answer-part.ts'
import { mergedHistory } from './history-pages.ts'
import { mergedLedgerAnswer } from './merged-ledger.ts'
import { metricsText } from './metrics-text.ts'
import type { Published } from './slo-metrics.ts'
import { type SaidWeights, targetsBody } from './targets.ts'
import { readUsageQuestion } from './usage-question.ts'
import { UsageSums } from './usage-sums.ts'

/** What the answering node knows beside the parts. */
export interface Around {
  readonly wallMs: number
  readonly heartbeats: NodeHeartbeat[]
  readonly targets: TargetLoad[]
  readonly weights: SaidWeights | undefined
  readonly published: Published
}

/** A JSON body: `{problem, path}` for an invalid query, `{missing: true}` for an unknown request. */
export function mergedAnswer(
  question: Exclude<AggregatorQuestion, { type: 'metrics' }>,
  parts: readonly AnswerPart[],
  around: Around,
): Record<string, unknown> {
  const wrong = parts.find((part) => part.type === 'problem')
  if (wrong !== undefined) return { problem: wrong.problem, path: wrong.path }
  switch (question.type) {
    case 'usage':
      return mergedUsage(question, parts, around.wallMs)
    case 'requests':
      return {
        ...mergedHistory(
          parts.filter((part) => part.type === 'requests'),
          question.limit,
        ),
      }
    case 'request':
      return firstFound(parts) ?? { missing: true }
    case 'targets': {
      const recent = new Measures()
      for (const part of parts) if (part.type === 'targets') recent.add(Measures.decode(part.recent))
      return { ...targetsBody(around.targets, recent, around.weights) }
    }
    case 'ledger':
    case 'ledger-sums':
    case 'ledger-months':
    case 'ledger-close':
    case 'ledger-verify':
      return mergedLedgerAnswer(question, parts, around.wallMs)
    default:
      question satisfies never
      return { problem: 'is not a question of this version', path: 'type' }
  }
}

export function metricsAnswer(measures: Measures, { heartbeats, targets, published }: Around): string {
  return metricsText({ heartbeats, targets }, measures, published)
}

function firstFound(parts: readonly AnswerPart[]): Record<string, unknown> | undefined {
  for (const part of parts) if (part.type === 'request' && part.found !== undefined) return part.found
  return undefined
}

function mergedUsage(
  question: AggregatorQuestion & { type: 'usage' },
  parts: readonly AnswerPart[],
  wallMs: number,
): Record<string, unknown> {
  const read = readUsageQuestion(question, wallMs)
  if (!read.ok) return { ...read.error }
  const { groupBy, fromHour, toHour } = read.value
  const sums = new UsageSums()
  for (const part of parts) {
    if (part.type !== 'usage') continue
    sums.addForm(part.rows)
    if (part.firstHour !== undefined) sums.see(part.firstHour)
  }
  return { ...sums.body(groupBy, { toHour, fromHour: fromHour ?? sums.firstHour ?? toHour - 1 }) }
}
