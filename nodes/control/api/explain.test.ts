import { expect, test } from 'vitest'
import { explained, type RecordedRequest } from './explain.ts'

const attempt = { provider: 'up', target: 'gpt-4o', outcome: 'ok', upstreamStatus: 200 }
const chosen = { provider: 'up', target: 'gpt-4o' }

test.each<[string, Partial<RecordedRequest>, RecordedRequest['explain'], string]>([
  [
    'a limit that rejects',
    { status: 'refused', errorCode: 'rate_limit_exceeded', limitedBy: 'limits/rpm' },
    { revision: 1, attempts: [] },
    'No attempt was made: rate_limit_exceeded, by limits/rpm.',
  ],
  [
    'an error without a limit',
    { status: 'refused', errorCode: 'model_not_found' },
    { revision: 1, attempts: [] },
    'No attempt was made: model_not_found.',
  ],
  [
    'a wait for a quota',
    { status: 'ok' },
    { revision: 1, chosen, attempts: [{ ...attempt, queuedMs: 1_250 }] },
    'There was one target. up/gpt-4o was waited for 1250 ms: its quota was used up. up/gpt-4o answered.',
  ],
  [
    'a budget that cuts',
    { status: 'cut', errorCode: 'budget_exhausted', limitedBy: 'budgets/search' },
    { revision: 1, chosen, attempts: [attempt] },
    'There was one target. up/gpt-4o answered. The answer was cut: budget_exhausted, by budgets/search.',
  ],
  [
    'a quota that is used up behind a failure',
    { status: 'failed', errorCode: 'rate_limit_exceeded', limitedBy: 'providers/up' },
    { revision: 1, attempts: [{ ...attempt, outcome: 'reset', upstreamStatus: 0 }] },
    'There was one target. Every attempt failed, by providers/up.',
  ],
])('%s is told', (_, request, explain, why) => {
  const recorded = { model: 'fast', status: 'ok', errorCode: '', ...request, explain }
  expect(explained(recorded, undefined).why).toBe(why)
})
