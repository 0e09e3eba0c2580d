import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { credentialRefused, judgeTarget } from './judge-target.ts'
import { testTarget } from './test-target.ts'

function judged(status: number, healthy: boolean | undefined) {
  const target = testTarget()
  target.health.failuresInRow = 3
  const [credential] = target.credentials
  if (credential === undefined) throw new Error('the target has no credential')
  credential.health.refusals = 2
  judgeTarget({ planned: { target }, credential, status }, { owner: 'team a', healthy })
  return { ...target.health, refusals: credential.health.refusals }
}

test.each<[string, number, boolean | undefined, object]>([
  ['a good answer', 200, true, { failuresInRow: 0, answeredTo: ['team a'], refusals: 0 }],
  ['a rejection of the request', 400, true, { failuresInRow: 0, refusals: 0 }],
  ['a failure', 503, false, { failuresInRow: 4, refusals: 2 }],
  ['a caller who left', 200, undefined, { failuresInRow: 3, refusals: 2 }],
])('%s says of its target: see the table', (_, status, healthy, wanted) => {
  expect(judged(status, healthy)).toEqual({ inFlight: 0, ...wanted })
})

test('of many owners the first ones are kept, each once', () => {
  const target = testTarget()
  const [credential] = target.credentials
  if (credential === undefined) throw new Error('the target has no credential')
  for (let i = 0; i < 100; i++) {
    judgeTarget({ planned: { target }, credential, status: 200 }, { owner: `team ${i >> 1}`, healthy: true })
  }
  expect(target.health.answeredTo).toEqual(Array.from({ length: 16 }, (_, i) => `team ${i}`))
})

test.each([
  [401, [{ type: 'upstream-auth-refused', provider: 'openai', credential: 'main', status: 401, said: 'no' }]],
  [0, []],
])('a credential that was refused with status %i is left alone for a while', (status, told) => {
  const target = testTarget()
  const [credential] = target.credentials
  if (credential === undefined) throw new Error('the target has no credential')
  let renewals = 0
  const notices: Notice[] = []
  const tools = { clock: new ManualClock(), notify: (notice: Notice) => void notices.push(notice) }
  const renewed = { ...credential, renew: () => void renewals++ }
  credentialRefused({ planned: { target }, credential: renewed, status }, tools, 'no')
  expect([renewals, credential.health.refusals, notices]).toEqual([1, 1, told])
})
