// What it costs to find the model that a name stands for. Run: node nodes/proxy/request/model-access.bench.ts. The bound is 0.2 µs.
import { ManualClock } from '../../../shared/clock.ts'
import type { Change } from '../../../shared/config/events.ts'
import { applyEvent, emptyState } from '../../../shared/config/fold.ts'
import { eventOf } from '../../../shared/config/test-config.ts'
import { TargetHealthTable } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { LatencyEstimates } from '../routing/latency-estimates.ts'
import { SnapshotCompiler } from '../snapshot/snapshot.ts'
import { resolveModel } from './model-access.ts'
import { testCaller } from './test-request.ts'

const rounds = 2_000_000
const credentials = [{ name: 'main', apiKey: { $sealed: 's', hint: '' } }]
const origin = 'api' as const
const changes: Change[] = [
  { type: 'provider-set', name: 'anthropic', spec: { kind: 'anthropic', credentials }, origin },
  { type: 'provider-set', name: 'openai', spec: { kind: 'openai', credentials }, origin },
  ...Array.from({ length: 1_000 }, (_, at): Change => {
    return { type: 'model-set', name: `model-${at}`, spec: { targets: [{ provider: 'openai', model: 'm' }] }, origin }
  }),
]
const state = emptyState()
applyEvent(state, eventOf(state, { type: 'change-set', changes }), '1'.repeat(64))
const snapshot = await new SnapshotCompiler({
  ...testConnectOptions(),
  healthOfTargets: new TargetHealthTable(),
  latencyEstimates: new LatencyEstimates(),
  clock: new ManualClock(),
  open: () => 'secret',
}).compile(state)
const asking = { snapshot, caller: testCaller }

measure('a configured name', 'model-7')
measure('provider/model', 'anthropic/claude-sonnet-4-5')
measure('a bare name', 'claude-sonnet-4-5')
measure('a bare name, newer than the catalogue', 'claude-opus-9')

/** Each round has a string of its own, as a request has: nothing of the last round's hash is there. */
function measure(what: string, name: string): void {
  const bytes = Buffer.from(name)
  const reading = timed(() => bytes.latin1Slice(0, bytes.length).length)
  const both = timed(() => Number(resolveModel(bytes.latin1Slice(0, bytes.length), asking).ok))
  process.stdout.write(`${what.padEnd(40)} ${((both - reading) * 1_000).toFixed(0)} ns\n`)
}

/** Microseconds of processor time of one round, the best of five. */
function timed(run: () => number): number {
  let best = Number.POSITIVE_INFINITY
  for (let turn = 0; turn < 5; turn++) {
    const before = process.cpuUsage()
    let sum = 0
    for (let round = 0; round < rounds; round++) sum += run()
    if (sum === 0) throw new Error('nothing was found')
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, (user + system) / rounds)
  }
  return best
}
