import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import { AttemptPlan } from './attempt-plan.ts'
import { LatencyEstimate } from './latency-estimate.ts'
import { compileModelRoute, type ModelRoute } from './model-route.ts'

const routes = (specs: Record<string, ModelSpec>) => {
  const compiled = new Map<string, ModelRoute<string>>()
  for (const [name, spec] of Object.entries(specs))
    compiled.set(
      name,
      compileModelRoute(name, spec, { target: ({ model }) => model, latency: () => new LatencyEstimate() }),
    )
  return compiled
}

function steps(
  specs: Record<string, ModelSpec>,
  model: string,
  options: { requestId?: string; chance?: () => number; fallbacks?: string[]; extraAttempts?: number } = {},
) {
  const compiled = routes(specs)
  const attemptPlan = new AttemptPlan({
    requestId: options.requestId ?? 'request-1',
    revision: 1,
    stream: true,
    clock: new ManualClock(),
    route: compiled.get(model)!,
    routeOf: (name) => compiled.get(name),
    chance: options.chance ?? (() => 0),
    fallbacks: options.fallbacks,
    extraAttempts: options.extraAttempts,
  })
  const taken = []
  for (let step = attemptPlan.next(); step !== undefined; step = attemptPlan.next()) taken.push(step)
  return taken.map(({ target, fallbackIndex, repeats }) => `${target} ${fallbackIndex} ${repeats}`)
}

const target = (model: string, weight = 1) => ({ provider: 'p', model, weight })

describe('an attempt plan', () => {
  test('tries each target once before any is tried again', () => {
    const specs = { m: { targets: [target('a'), target('b')], retries: { attempts: 2 } } }
    expect(steps(specs, 'm')).toEqual(['a 0 0', 'b 0 0', 'a 0 1'])
  })

  test('follows the order of targets where priority says so', () => {
    const specs: Record<string, ModelSpec> = { m: { targets: [target('a', 1), target('b', 99)], routing: 'priority' } }
    expect(steps(specs, 'm', { chance: () => 0.99 })).toEqual(['a 0 0', 'b 0 0'])
  })

  test('goes on to fallbacks, theirs after its own, and into no circle', () => {
    const specs = {
      m: { targets: [target('a')], retries: { attempts: 0 }, fallbacks: ['n', 'gone', 'o'] },
      n: { targets: [target('b')], retries: { attempts: 0 }, fallbacks: ['m', 'q'] },
      o: { targets: [target('c')], retries: { attempts: 0 } },
      q: { targets: [target('d')], retries: { attempts: 0 } },
    }
    expect(steps(specs, 'm')).toEqual(['a 0 0', 'b 1 0', 'c 2 0', 'd 3 0'])
  })

  test("tries the request's own fallbacks before the route's", () => {
    const specs = {
      m: { targets: [target('a')], retries: { attempts: 0 }, fallbacks: ['n'] },
      n: { targets: [target('b')], retries: { attempts: 0 } },
      o: { targets: [target('c')], retries: { attempts: 0 } },
    }
    expect(steps(specs, 'm', { fallbacks: ['o'] })).toEqual(['a 0 0', 'c 1 0', 'b 2 0'])
  })

  test('makes no more attempts than the caller asked for', () => {
    const specs = { m: { targets: [target('a'), target('b')], retries: { attempts: 5 } } }
    expect(steps(specs, 'm', { extraAttempts: 0 })).toEqual(['a 0 0'])
  })

  test('has no step when no target is left', () => {
    expect(steps({ m: { targets: [] } }, 'm')).toEqual([])
  })

  describe('under latency routing', () => {
    const specs: Record<string, ModelSpec> = {
      m: { targets: [target('a'), target('b'), target('c')], routing: 'latency', retries: { attempts: 5 } },
    }
    const drawn = (requestId: string) => steps(specs, 'm', { requestId }).map((step) => step.split(' ')[0])

    test('draws the same targets in the same order for the same request, by no chance', () => {
      const chance = () => expect.unreachable('a draw by chance')
      expect(steps(specs, 'm', { requestId: 'x', chance })).toEqual(steps(specs, 'm', { requestId: 'x', chance }))
    })

    test('draws every target for some request, and each once before any again', () => {
      const first = new Set<string | undefined>()
      for (let i = 0; i < 200; i++) {
        const order = drawn(`request-${i}`)
        first.add(order[0])
        expect(order.slice(0, 3).sort()).toEqual(['a', 'b', 'c'])
        expect(order).toHaveLength(6)
      }
      expect([...first].sort()).toEqual(['a', 'b', 'c'])
    })
  })

  test('draws targets by their weight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), (left, right) => {
        const specs = { m: { targets: [target('a', left), target('b', right)], retries: { attempts: 0 } } }
        const border = left / (left + right)
        expect(steps(specs, 'm', { chance: () => border - 1e-9 })).toEqual(['a 0 0'])
        expect(steps(specs, 'm', { chance: () => border + 1e-9 })).toEqual(['b 0 0'])
      }),
    )
  })
})
