import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { emptyState } from '../../../shared/config/fold.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'
import { compileObjective } from '../slo/objective.ts'
import { TargetTally, targetsOf } from './target-tally.ts'

const name = { model: 'fast', provider: 'openai', target: 'gpt-4o-mini' }
const available = compileObjective('all', { objective: 'availability', match: { team: 'search' } })
const ofOther = compileObjective('other', { objective: 'availability', match: { provider: 'other' } })

function rig() {
  const clock = new ManualClock()
  const tally = new TargetTally(clock)
  tally.configure([name], [available, ofOther])
  const add = (over: Partial<AttemptRecord> = {}, partition = 0) =>
    tally.add(partition, { type: 'attempt', record: sampleAttempt({ atMs: clock.wallMs(), ...over }) })
  const facts = (partition = 0) => tally.facts(partition, clock.wallMs())
  return { clock, tally, add, facts }
}

test('a target is as fast as its recent answers, and what is old is forgotten', () => {
  const { clock, add, facts } = rig()
  for (let i = 0; i < 50; i++) add({ stream: true, ttftUs: 100_000, totalUs: 1_200_000 })
  expect(facts()[0]!.firstUs).toBeCloseTo(100_000, 3)
  expect(facts()[0]!.tokenUs).toBeCloseTo(100_000, 3)
  clock.advance(60_000)
  for (let i = 0; i < 10; i++) add({ stream: true, ttftUs: 900_000 })
  expect(facts()[0]!.firstUs).toBeGreaterThan(500_000)
  clock.advance(600_000)
  expect(facts()[0]!.firstCount).toBeLessThan(0.001)
})

test('a target that no model has is not known, whatever a caller made up', () => {
  const { add, facts } = rig()
  add({ target: 'made-up' })
  add({ model: 'openai/gpt-4o-mini' })
  expect(facts()).toEqual([])
})

test('attempts are judged by the objectives that could be about their target and their caller', () => {
  const { clock, tally, add, facts } = rig()
  add()
  add({ outcome: 'connect' })
  add({ team: 'other' })
  const atMs = clock.wallMs()
  const attempt = sampleAttempt({ atMs })
  tally.add(0, { type: 'request', record: sampleRequest({ atMs }), provider: 'x', target: 'x', attempt })
  const { counts } = facts()[0]!
  expect(Object.keys(counts)).toEqual([available.series])
  expect(counts[available.series]!.good).toBeCloseTo(2, 3)
  expect(counts[available.series]!.total).toBeCloseTo(3, 3)
})

test('partitions are kept apart, and a target that is deleted is let go', () => {
  const { tally, add, facts } = rig()
  add({}, 3)
  expect([facts(0).length, facts(3).length]).toEqual([0, 1])
  tally.configure([], [])
  expect(facts(3)).toEqual([])
})

test('the targets of all configured models are known', () => {
  const state = emptyState()
  const targets = [{ provider: 'openai', model: 'gpt-4o-mini' }]
  state.resources.models.set('fast', { spec: { targets }, revision: 1, origin: 'api' })
  expect(targetsOf(state)).toEqual([name])
})
