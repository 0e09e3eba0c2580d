import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { ModelSpec } from '../../../shared/config/kinds/models/spec.ts'
import { AttemptPlan, listedAttemptsMax } from './attempt-plan.ts'
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
  options: { chance?: () => number; fallbacks?: string[]; extraAttempts?: number } = {},
) {
  const compiled = routes(specs)
  const attemptPlan = new AttemptPlan({
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
  return taken.map(
    ({ target, fallbackIndex, repeats, isListed }) =>
      `${target} ${fallbackIndex} ${repeats}${isListed === true ? ' listed' : ''}`,
  )
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
    expect(steps(specs, 'm', { fallbacks: ['o'] })).toEqual(['a 0 0', 'c 1 0 listed', 'b 2 0'])
  })

  test('makes no more attempts than the caller asked for', () => {
    const specs = { m: { targets: [target('a'), target('b')], retries: { attempts: 5 } } }
    expect(steps(specs, 'm', { extraAttempts: 0 })).toEqual(['a 0 0'])
  })

  test('makes no more attempts than the route has, whatever the caller asks for', () => {
    const specs = {
      m: { targets: [target('a')], retries: { attempts: 1 }, fallbacks: ['n'] },
      n: { targets: [target('b')], retries: { attempts: 0 } },
    }
    expect(steps(specs, 'm', { extraAttempts: 10 })).toEqual(['a 0 0', 'a 0 1', 'b 1 0'])
  })

  test('makes a bounded number of attempts on models that the caller lists', () => {
    const names = Array.from({ length: 16 }, (_, n) => `m${n}`)
    const specs = Object.fromEntries(
      names.map((name) => [name, { targets: [target(name)], retries: { attempts: 10 } }]),
    )
    const made = steps(specs, 'm0', { fallbacks: names.slice(1), extraAttempts: 10 })
    expect(made).toHaveLength(listedAttemptsMax)
    const chain = { ...specs, m0: { targets: [target('m0')], retries: { attempts: 10 }, fallbacks: names.slice(1) } }
    expect(steps(chain, 'm0').length).toBeGreaterThan(listedAttemptsMax)
  })

  test('has no step when no target is left', () => {
    expect(steps({ m: { targets: [] } }, 'm')).toEqual([])
  })

  describe('under latency routing', () => {
    const specs: Record<string, ModelSpec> = {
      m: { targets: [target('a'), target('b'), target('c')], routing: 'latency', retries: { attempts: 5 } },
    }
    const drawn = (seed: number) => steps(specs, 'm', { chance: () => seed / 200 }).map((step) => step.split(' ')[0])

    test('draws the same targets in the same order for the same seed, and asks for chance once', () => {
      let asked = 0
      const chance = () => (asked++ === 0 ? 0.25 : expect.unreachable('a second draw by chance'))
      expect(steps(specs, 'm', { chance })).toEqual(steps(specs, 'm', { chance: () => 0.25 }))
    })

    test('draws every target for some seed, and each once before any again', () => {
      const first = new Set<string | undefined>()
      for (let i = 0; i < 200; i++) {
        const order = drawn(i)
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
