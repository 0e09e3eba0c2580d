// The numbers of Google's `generationConfig`, in either spelling, that multiply what a request costs.
import type { BodyScan } from '../../../shared/json/scan.ts'

export interface GeminiNumbers {
  /** The caps of an answer. */
  readonly caps: readonly number[]
  readonly answers: number
}

const none: GeminiNumbers = { caps: [], answers: 1 }
/** It may hold a schema. A longer one tells nothing here. */
const bytesMax = 64 << 10

/** The largest of what both spellings say counts, because a reader may take either. */
export function geminiNumbers(scan: BodyScan): GeminiNumbers {
  const caps: number[] = []
  let answers = 1
  for (const member of ['generationConfig', 'generation_config'] as const) {
    const span = scan.field(member)
    if (span?.kind !== 'object' || span.end - span.start > bytesMax) continue
    const config = JSON.parse(scan.bytes.toString('utf8', span.start, span.end)) as Readonly<Record<string, unknown>>
    caps.push(...numbersIn(config, ['maxOutputTokens', 'max_output_tokens']))
    answers = Math.max(answers, ...numbersIn(config, ['candidateCount', 'candidate_count']))
  }
  return caps.length === 0 && answers === 1 ? none : { caps, answers }
}

function numbersIn(config: Readonly<Record<string, unknown>>, names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const value = config[name]
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    return typeof number === 'number' && !Number.isNaN(number) ? [number] : []
  })
}
