import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Change } from '../../../shared/config/events.ts'
import { applyEvent, emptyState } from '../../../shared/config/fold.ts'
import type { ProviderSpec } from '../../../shared/config/kinds/providers/spec.ts'
import { eventOf } from '../../../shared/config/test-config.ts'
import { AllowList } from '../auth/callers.ts'
import { TargetHealthTable } from '../providers/endpoint.ts'
import { testConnectOptions } from '../providers/test-connect.ts'
import { testTarget } from '../providers/test-target.ts'
import { LatencyEstimates } from '../routing/latency-estimates.ts'
import { SnapshotCompiler } from '../snapshot/snapshot.ts'
import { resolveModel, resolveModels } from './model-access.ts'
import { routeTo, testCaller, testSnapshot } from './test-request.ts'

const key = { credentials: [{ name: 'main', apiKey: { $sealed: 's', hint: '' } }] }
const providers: Record<string, ProviderSpec> = {
  anthropic: { kind: 'anthropic', ...key },
  bedrock: { kind: 'bedrock', region: 'us-east-1', ...key },
  gemini: { kind: 'gemini', ...key },
  openai: { kind: 'openai', bareNames: false, ...key },
}

async function snapshot() {
  const state = emptyState()
  const origin = 'api' as const
  const changes: Change[] = [
    ...Object.entries(providers).map(([name, spec]) => ({ type: 'provider-set' as const, name, spec, origin })),
    {
      type: 'model-set',
      name: 'smart',
      spec: { targets: [{ provider: 'anthropic', model: 'claude-opus-4-8' }] },
      origin,
    },
    {
      type: 'model-set',
      name: 'claude-haiku-4-5',
      spec: { targets: [{ provider: 'openai', model: 'gpt-5.5' }] },
      origin,
    },
  ]
  applyEvent(state, eventOf(state, { type: 'change-set', changes }), '1'.repeat(64))
  const compiler = new SnapshotCompiler({
    ...testConnectOptions(),
    healthOfTargets: new TargetHealthTable(),
    latencyEstimates: new LatencyEstimates(),
    clock: new ManualClock(),
    open: () => 'secret',
  })
  return compiler.compile(state)
}

const compiled = await snapshot()

function resolve(asked: string, models?: string[]): string {
  const caller = { ...testCaller, models: models === undefined ? undefined : new AllowList(models) }
  const resolved = resolveModel(asked, { snapshot: compiled, caller })
  return resolved.ok ? resolved.value : resolved.error.type
}

const bedrockId = 'bedrock/us.anthropic.claude-sonnet-4-6'

test.each<[asked: string, allowed: string[] | undefined, becomes: string]>([
  // A configured name, then provider/model, then a bare name.
  ['smart', undefined, 'smart'],
  ['claude-haiku-4-5', undefined, 'claude-haiku-4-5'],
  ['anthropic/claude-haiku-4-5', undefined, 'anthropic/claude-haiku-4-5'],
  ['claude-sonnet-4-6', undefined, 'anthropic/claude-sonnet-4-6'],
  // What clients add.
  ['claude-sonnet-4-6[1m]', undefined, 'anthropic/claude-sonnet-4-6'],
  ['smart[1m]', undefined, 'smart'],
  ['anthropic/claude-opus-4-8[1m]', undefined, 'anthropic/claude-opus-4-8'],
  ['models/gemini-2.5-flash', undefined, 'gemini/gemini-2.5-flash'],
  // What the key may use, by the bare name or as what it stands for.
  ['claude-sonnet-4-6', ['claude-sonnet-4-6'], 'anthropic/claude-sonnet-4-6'],
  ['claude-sonnet-4-6[1m]', ['claude-sonnet-4-6'], 'anthropic/claude-sonnet-4-6'],
  ['claude-sonnet-4-6', ['bedrock/*'], bedrockId],
  ['claude-sonnet-4-6', [bedrockId], bedrockId],
  ['claude-sonnet-4-6', ['smart'], 'model-not-allowed'],
  ['claude-sonnet-4-6', ['gemini/*'], 'model-not-allowed'],
  ['claude-haiku-4-5', ['anthropic/*'], 'model-not-allowed'],
  ['anthropic/claude-sonnet-4-6', ['claude-sonnet-4-6'], 'model-not-allowed'],
  ['smart[1m]', ['claude-sonnet-4-6'], 'model-not-allowed'],
  ['gpt-4o', undefined, 'unknown-model'],
  ['[1m]', undefined, 'unknown-model'],
  ['models/', undefined, 'unknown-model'],
])('%s for %j is %s', (asked, allowed, becomes) => {
  expect(resolve(asked, allowed)).toBe(becomes)
})

test.each([
  ['gpt-4o', 'openai/gpt-4o'],
  ['gemni-2.5-flash', 'gemini-2.5-flash'],
  ['smrt', 'smart'],
])('who asks for %s is told of %s', (asked, nearest) => {
  const resolved = resolveModel(asked, { snapshot: compiled, caller: testCaller })
  if (resolved.ok || resolved.error.type !== 'unknown-model') throw new Error('found')
  expect(resolved.error.nearest).toContain(nearest)
})

test('a model that has answered is near, where nobody lists it', () => {
  const route = compiled.routeOf('openai/our-tuned-model')
  const near = () => resolveModel('our-tuned-modl', { snapshot: compiled, caller: testCaller })
  expect(near()).not.toMatchObject({ error: { nearest: ['openai/our-tuned-model'] } })
  for (const { target } of route?.targets ?? []) target.health.answeredTo = [testCaller.owner]
  expect(near()).toMatchObject({ error: { nearest: ['openai/our-tuned-model'] } })
})

test('the name of a model that has answered others alone is told to nobody else', () => {
  const route = compiled.routeOf('openai/secret-merger-of-acme')
  for (const { target } of route?.targets ?? []) target.health.answeredTo = ['another owner']
  const told = resolveModel('openai/secret-merger-of-acm?', { snapshot: compiled, caller: testCaller })
  expect(JSON.stringify(told)).not.toContain('secret-merger-of-acme')
})

test('a model that has answered and is listed by its name stands there once', () => {
  for (const { target } of compiled.routeOf('anthropic/claude-sonnet-4-5')?.targets ?? [])
    target.health.answeredTo = [testCaller.owner]
  const resolved = resolveModel('claud-sonet-4-5', { snapshot: compiled, caller: testCaller })
  if (resolved.ok || resolved.error.type !== 'unknown-model') throw new Error('found')
  expect(resolved.error.nearest[0]).toBe('claude-sonnet-4-5')
  expect(resolved.error.nearest).not.toContain('anthropic/claude-sonnet-4-5')
})

test('who asks for the model of a maker that has no provider here is told which kind lacks', () => {
  const lacking = (asked: string) => {
    const resolved = resolveModel(asked, { snapshot: compiled, caller: testCaller })
    return resolved.ok || resolved.error.type !== 'unknown-model' ? undefined : resolved.error.lacking
  }
  expect([lacking('command-a-03-2025'), lacking('gpt-4o'), lacking('nonesuch')]).toEqual([
    'cohere',
    undefined,
    undefined,
  ])
})

test('what a key may not use is not named as near', () => {
  const caller = { ...testCaller, models: new AllowList(['smart']) }
  const resolved = resolveModel('gpt-4o', { snapshot: compiled, caller })
  expect(resolved).toMatchObject({ error: { type: 'unknown-model', nearest: [] } })
})

test('a name is looked up once, and those that callers make up do not stay', () => {
  const first = compiled.bareTargetsOf('claude-opus-9')
  expect(compiled.bareTargetsOf('claude-opus-9')).toBe(first)
  for (let made = 0; made < 1_000; made++) compiled.bareTargetsOf(`claude-made-up-${made}`)
  expect(compiled.bareTargetsOf('claude-opus-9')).not.toBe(first)
})

test('a configured name goes before a bare one that was looked up before it', () => {
  expect(compiled.bareTargetsOf('claude-haiku-4-5').length).toBeGreaterThan(0)
  expect(resolve('claude-haiku-4-5')).toBe('claude-haiku-4-5')
})

const names = ['plain', 'planet', 'hidden']
const configured = testSnapshot(Object.fromEntries(names.map((name) => [name, routeTo(name, testTarget())])))
const everyone = { snapshot: configured, caller: testCaller }
const narrow = { snapshot: configured, caller: { ...testCaller, models: new AllowList(['plain', 'planet']) } }

test('the first model that is wrong is told', () => {
  expect(resolveModels(['plain', 'planet'], narrow)).toEqual({ ok: true, value: ['plain', 'planet'] })
  const hidden = { type: 'model-not-allowed', model: 'hidden' }
  expect(resolveModels(['plain', 'hidden', 'nonesuch'], narrow)).toEqual({ ok: false, error: hidden })
  const unknown = { type: 'unknown-model', model: 'nonesuch' }
  expect(resolveModels(['plain', 'nonesuch', 'hidden'], narrow)).toMatchObject({ error: unknown })
})

test('names that are near are told, and only those that the caller may use', () => {
  const nearest = ['planet', 'plain']
  expect(resolveModel('plane', narrow)).toEqual({
    ok: false,
    error: { type: 'unknown-model', model: 'plane', nearest },
  })
  expect(resolveModel('hiden', narrow)).toMatchObject({ error: { nearest: [] } })
  expect(resolveModel('hiden', everyone)).toMatchObject({ error: { nearest: ['hidden'] } })
})
