import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-target.ts'
import { directRoute } from '../routing/model-route.ts'
import { judgeTarget } from './judge-target.ts'

function judged(status: number, healthy: boolean | undefined) {
  const target = testTarget()
  target.health.failuresInRow = 3
  const [credential] = target.credentials
  if (credential === undefined) throw new Error('the target has no credential')
  credential.health.refusals = 2
  judgeTarget({ planned: { target, route: directRoute('m', target) } as never, credential, status }, healthy)
  return { ...target.health, refusals: credential.health.refusals }
}

test.each<[string, number, boolean | undefined, object]>([
  ['a good answer', 200, true, { failuresInRow: 0, hasAnswered: true, refusals: 0 }],
  ['a rejection of the request', 400, true, { failuresInRow: 0, refusals: 0 }],
  ['a failure', 503, false, { failuresInRow: 4, refusals: 2 }],
  ['a caller who left', 200, undefined, { failuresInRow: 3, refusals: 2 }],
])('%s says of its target: see the table', (_, status, healthy, wanted) => {
  expect(judged(status, healthy)).toEqual({ inFlight: 0, ...wanted })
})
