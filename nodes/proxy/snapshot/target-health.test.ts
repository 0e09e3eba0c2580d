import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { applyEvent, emptyState } from '../../../shared/config/fold.ts'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import { eventOf } from '../../../shared/config/test-config.ts'
import { TargetHealthTable } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { LatencyEstimates } from '../routing/latency-estimates.ts'
import { SnapshotCompiler } from './snapshot.ts'
import { targetReports } from './target-health.ts'

const targets = [
  { provider: 'up', model: 'a' },
  { provider: 'up', model: 'b', weight: 3 },
]

test('without a snapshot there is nothing to report', () => {
  expect(targetReports(undefined, 0)).toEqual([])
})

test('every target is reported with its load, its weight and its health', async () => {
  const { snapshot, health } = await serving({ targets })
  health.of('fast', 'up', 'b').inFlight = 2
  health.of('fast', 'up', 'b').failuresInRow = 3
  expect(targetReports(snapshot, 0)).toEqual([
    { model: 'fast', provider: 'up', target: 'a', weight: 1, inFlight: 0, health: 'healthy' },
    { model: 'fast', provider: 'up', target: 'b', weight: 3, inFlight: 2, health: 'degraded' },
  ])
})

test('two failures in a row may be chance', async () => {
  const { snapshot, health } = await serving({ targets })
  health.of('fast', 'up', 'a').failuresInRow = 2
  expect(targetReports(snapshot, 0)[0]?.health).toBe('healthy')
})

test('under latency routing each target is reported with its shares', async () => {
  const { snapshot } = await serving({ targets, routing: 'latency' })
  const shares = targetReports(snapshot, 1_000).map(({ share }) => share)
  expect(shares).toEqual([
    { stream: 0.25, whole: 0.25 },
    { stream: 0.75, whole: 0.75 },
  ])
})

async function serving(spec: ModelSpec) {
  const health = new TargetHealthTable()
  const state = emptyState()
  const up = { kind: 'openai' as const, baseUrl: 'http://127.0.0.1:1/v1' }
  applyEvent(state, eventOf(state, { type: 'provider-set', name: 'up', origin: 'api', spec: up }), '1'.repeat(64))
  applyEvent(state, eventOf(state, { type: 'model-set', name: 'fast', origin: 'api', spec }), '2'.repeat(64))
  const compiler = new SnapshotCompiler({
    ...testConnectOptions(),
    healthOfTargets: health,
    latencyEstimates: new LatencyEstimates(),
    clock: new ManualClock(),
  })
  return { snapshot: await compiler.compile(state), health }
}
