import type { Answer, Client } from './client.ts'
import { listOf, numberOf, recordOf, textOf } from './reading.ts'

export interface UsageRow {
  model: string
  requests: number
  errors: number
  inputTokens: number
  outputTokens: number
  costUsd: number
}

export const usageCalls = (client: Client) => ({
  usageByModel: (options: { fromMs: number; signal: AbortSignal }): Answer<readonly UsageRow[]> =>
    client.call({
      path: `/api/v1/usage?groupBy=model&from=${encodeURIComponent(new Date(options.fromMs).toISOString())}`,
      signal: options.signal,
      read: readUsage,
    }),
})

export function readUsage(body: unknown): readonly UsageRow[] {
  return listOf(recordOf(body)['rows']).map((value) => {
    const row = recordOf(value)
    return {
      model: textOf(row['model']),
      requests: numberOf(row['requests']) ?? 0,
      errors: numberOf(row['errors']) ?? 0,
      inputTokens: numberOf(row['inputTokens']) ?? 0,
      outputTokens: numberOf(row['outputTokens']) ?? 0,
      costUsd: numberOf(row['costUsd']) ?? 0,
    }
  })
}

export function sumUsage(rows: readonly UsageRow[]): UsageRow {
  const sum = { model: '', requests: 0, errors: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }
  for (const row of rows) {
    sum.requests += row.requests
    sum.errors += row.errors
    sum.inputTokens += row.inputTokens
    sum.outputTokens += row.outputTokens
    sum.costUsd += row.costUsd
  }
  return sum
}
