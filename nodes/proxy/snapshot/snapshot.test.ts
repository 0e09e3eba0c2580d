import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock, systemClock } from '../../../shared/clock.ts'
import type { Change } from '../../../shared/config/events.ts'
import { applyEvent, emptyState, forkState } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { eventOf } from '../../../shared/config/test-config.ts'
import { TargetHealthTable } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { LatencyEstimates } from '../routing/latency-estimates.ts'
import { type Snapshot, SnapshotCompiler } from './snapshot.ts'

const name = fc.constantFrom('a', 'b', 'c')
const origin = 'api' as const
const owner = fc.record({ costCenter: fc.constantFrom('1', '2'), models: fc.subarray(['a', 'b', 'c/*']) })
const hash = fc.constantFrom('h1', 'h2', 'h3', 'h4')
const secret = fc.constantFrom('s1', 's2')
const bareNames = fc.constantFrom(false, true, ['a', 'x'])
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ name, port: fc.nat(3), secret, bareNames }).map(({ name: provider, port, secret: $sealed, ...more }) => ({
    type: 'provider-set' as const,
    name: provider,
    origin,
    spec: {
      kind: 'openai' as const,
      baseUrl: `http://127.0.0.1:${8000 + port}/v1`,
      credentials: [{ name: 'main', apiKey: { $sealed, hint: '' } }],
      ...more,
    },
  })),
  name.map((provider) => ({ type: 'provider-deleted' as const, name: provider })),
  fc
    .record({ name, targets: fc.array(fc.record({ provider: name, model: name }), { minLength: 1, maxLength: 2 }) })
    .map(({ name: model, targets }) => ({ type: 'model-set' as const, name: model, origin, spec: { targets } })),
  name.map((model) => ({ type: 'model-deleted' as const, name: model })),
  fc.record({ name, spec: owner }).map((set) => ({ type: 'team-set' as const, origin, ...set })),
  fc.record({ id: name, team: name, tokenHash: hash }).map(({ id, team, tokenHash }) => ({
    type: 'key-issued' as const,
    key: { id, name: id, owner: { team }, tokenHash, prefix: 'hg', createdAt: '2026-01-01T00:00:00.000Z' },
  })),
  fc.record({ keyId: name, tokenHash: hash }).map((rotated) => ({
    type: 'key-rotated' as const,
    prefix: 'hg',
    overlapUntil: '2026-02-01T00:00:00.000Z',
    ...rotated,
  })),
  name.map((keyId) => ({ type: 'key-revoked' as const, keyId })),
)

function compiler(opened: ReadonlySet<string>) {
  const options = {
    ...testConnectOptions(),
    healthOfTargets: new TargetHealthTable(),
    latencyEstimates: new LatencyEstimates(),
    clock: new ManualClock(),
  }
  return new SnapshotCompiler({ ...options, open: ({ $sealed }) => (opened.has($sealed) ? $sealed : undefined) })
}

/** Everything that a request can see of it. */
function seen(snapshot: Snapshot): unknown {
  const names = ['a', 'b', 'c', ...['a', 'b', 'c'].map((provider) => `${provider}/a`)]
  const routes = names.map((model) => snapshot.routeOf(model))
  const callers = ['h1', 'h2', 'h3', 'h4'].map((token) => snapshot.callers.get(token))
  const bare = ['a', 'x', 'gpt-4o'].map((one) => snapshot.bareTargetsOf(one).map((target) => target.name))
  const { modelNames, revisionText } = snapshot
  return JSON.parse(JSON.stringify({ routes, callers, bare, modelNames, revisionText }))
}

test('what is compiled step by step is what is compiled at once', async () => {
  // A change, and which keys are there when it is compiled: a data key may come after its secret.
  const step = fc.record({ change, batch: fc.nat(2), keys: fc.subarray(['s1', 's2']) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const opened = new Set<string>()
      const growing = compiler(opened)
      const state: ConfigState = emptyState()
      for (const { change: one, batch, keys } of steps) {
        applyEvent(state, eventOf(state, one), String(state.revision + 1).padStart(64, '0'))
        if (batch === 0) continue
        for (const key of keys) opened.add(key)
        const now = forkState(state)
        expect(seen(await growing.compile(now))).toEqual(seen(await compiler(opened).compile(now)))
      }
    }),
  )
})

test('a snapshot that a request holds stays as it was', async () => {
  const state = emptyState()
  const set = (port: number): Change => ({
    type: 'provider-set',
    name: 'a',
    origin,
    spec: { kind: 'openai', baseUrl: `http://127.0.0.1:${port}/v1` },
  })
  const growing = compiler(new Set())
  applyEvent(state, eventOf(state, set(8001)), '1'.repeat(64))
  const before = await growing.compile(forkState(state))
  applyEvent(state, eventOf(state, set(8002)), '2'.repeat(64))
  const after = await growing.compile(forkState(state))
  const ports = [before, after].map((snapshot) => snapshot.routeOf('a/m')?.targets[0]?.target.origin.port)
  expect(ports).toEqual([8001, 8002])
})

test('a large change is compiled in slices, and a small one after it at once', async () => {
  const state = emptyState()
  const models = (count: number): Change[] =>
    Array.from({ length: count }, (_one, index) => ({
      type: 'model-set' as const,
      name: `m${index}`,
      origin,
      spec: { targets: [{ provider: 'a', model: 'm' }] },
    }))
  const options = {
    ...testConnectOptions(),
    healthOfTargets: new TargetHealthTable(),
    latencyEstimates: new LatencyEstimates(),
    clock: systemClock,
  }
  const growing = new SnapshotCompiler({ ...options, open: () => undefined })
  applyEvent(state, eventOf(state, { type: 'change-set', changes: models(20_000) }), '1'.repeat(64))
  let turns = 0
  const count = () => {
    turns++
    pulse = setImmediate(count)
  }
  let pulse = setImmediate(count)
  await growing.compile(forkState(state))
  clearImmediate(pulse)
  expect(turns).toBeGreaterThan(2)
  const routes = new Set((await growing.compile(forkState(state))).everyRoute())
  applyEvent(state, eventOf(state, { type: 'change-set', changes: models(1) }), '2'.repeat(64))
  const again = (await growing.compile(forkState(state))).everyRoute()
  expect(again.filter((route) => !routes.has(route)).map(({ model }) => model)).toEqual(['m0'])
})
