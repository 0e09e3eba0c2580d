// Promises about alerts, held by simulations from a seed: what is broken is found in time, what is within its budget is
// left in peace.
import { expect, test } from 'vitest'
import { seededChance } from '../../../loadtest/measure/chance.ts'
import type { ActiveAlert } from '../../../shared/telemetry/slo-state.ts'
import { type AlertChange, nextAlerts } from './alerts.ts'
import { SloSeries } from './slo-series.ts'

const secondMs = 1_000
const minuteMs = 60 * secondMs
const dayMs = 86_400 * secondMs
const startMs = 1_700_000_000_000

interface Traffic {
  perSecond: number
  /** Chance of a bad one at this time after the start. */
  bad: (atMs: number) => number
}

/** A fleet with one objective of 99.9 %, looked at every `everyMs`. */
class Fleet {
  readonly #series = new SloSeries()
  readonly #chance: () => number
  readonly changes: (AlertChange & { afterMs: number })[] = []
  #alerts: readonly ActiveAlert[] = []
  #nowMs = startMs

  constructor(seed: number) {
    this.#chance = seededChance(seed)
  }

  run(durationMs: number, { perSecond, bad }: Traffic, everyMs = secondMs): this {
    const endMs = this.#nowMs + durationMs
    const firstMs = this.#nowMs
    while (this.#nowMs < endMs) {
      const total = poisson(perSecond * (everyMs / secondMs), this.#chance)
      const part = bad(this.#nowMs - firstMs)
      const good = total - binomial(total, part, this.#chance)
      if (total > 0) this.#series.add(this.#nowMs, { good, total })
      this.#nowMs += everyMs
      this.#look(this.#nowMs - firstMs)
    }
    return this
  }

  #look(afterMs: number): void {
    const nowMs = this.#nowMs
    const tally = (windowMs: number) => this.#series.sum(nowMs, windowMs)
    const step = nextAlerts({ slo: 's', target: 0.999, windowMs: 30 * dayMs, tally }, this.#alerts, nowMs)
    this.#alerts = step.alerts
    this.changes.push(...step.changes.map((change) => ({ ...change, afterMs })))
  }
}

const seeds = Array.from({ length: Number(process.env['ALERT_SEEDS'] ?? 2) }, (_, index) => index + 1)
const healthy: Traffic = { perSecond: 5, bad: () => 0.0002 }

test.each(seeds)('when everything fails a page fires within a minute (seed %i)', (seed) => {
  for (const perSecond of [1, 5, 100]) {
    const fleet = new Fleet(seed).run(dayMs, { ...healthy, perSecond }, 10 * secondMs)
    fleet.run(minuteMs, { perSecond, bad: () => 1 })
    const [page, ...more] = fleet.changes.filter(({ alert }) => alert.severity === 'page')
    expect([page?.type, more]).toEqual(['firing', []])
    expect(page!.afterMs).toBeLessThanOrEqual(minuteMs)
  }
})

test.each(seeds)('when one in ten fails a page fires within three minutes (seed %i)', (seed) => {
  for (const perSecond of [5, 100]) {
    const fleet = new Fleet(seed).run(dayMs, { ...healthy, perSecond }, 10 * secondMs)
    fleet.run(3 * minuteMs, { perSecond, bad: () => 0.1 })
    const pages = fleet.changes.filter(({ alert }) => alert.severity === 'page')
    expect(pages.map(({ type }) => type)).toEqual(['firing'])
  }
})

test.each(seeds)('a burn of a half for 30 days at one request a second pages nobody (seed %i)', (seed) => {
  const fleet = new Fleet(seed).run(30 * dayMs, { perSecond: 1, bad: () => 0.0005 }, 10 * secondMs)
  expect(fleet.changes).toEqual([])
})

test.each(seeds)('a burn of three opens a ticket within a day and pages nobody (seed %i)', (seed) => {
  const fleet = new Fleet(seed).run(3 * dayMs, healthy, 10 * secondMs)
  fleet.run(dayMs, { perSecond: 5, bad: () => 0.003 }, 10 * secondMs)
  expect(fleet.changes.map(({ type, alert }) => [type, alert.severity])).toEqual([['firing', 'ticket']])
})

test.each(seeds)('a burn that swings around its threshold is one alert (seed %i)', (seed) => {
  const fleet = new Fleet(seed).run(3_600 * secondMs, { ...healthy, perSecond: 20 }, 10 * secondMs)
  // 15 times the budget, more and less by a fifth, every two minutes.
  const swings = (atMs: number) => 0.015 * (1 + 0.2 * Math.sin((atMs / (2 * minuteMs)) * 2 * Math.PI))
  fleet.run(4 * 3_600 * secondMs, { perSecond: 20, bad: swings }, 10 * secondMs)
  expect(fleet.changes.filter(({ alert }) => alert.severity === 'page')).toHaveLength(1)
})

test.each(seeds)('an alert ends some minutes after its cause, and its end names it (seed %i)', (seed) => {
  const fleet = new Fleet(seed).run(dayMs, healthy, 10 * secondMs)
  fleet.run(2 * minuteMs, { perSecond: 5, bad: () => 1 })
  fleet.run(40 * minuteMs, healthy)
  const [firing, resolved] = fleet.changes.filter(({ alert }) => alert.severity === 'page')
  expect([firing?.type, resolved?.type]).toEqual(['firing', 'resolved'])
  expect(resolved!.alert.id).toBe(firing!.alert.id)
  expect(resolved!.afterMs).toBeGreaterThan(5 * minuteMs)
})

test('a few bad ones in an idle hour are no alert', () => {
  const series = new SloSeries()
  series.add(startMs, { good: 4, total: 6 })
  const tally = (windowMs: number) => series.sum(startMs + secondMs, windowMs)
  expect(nextAlerts({ slo: 's', target: 0.999, windowMs: 30 * dayMs, tally }, [], startMs + secondMs).changes).toEqual(
    [],
  )
})

test('few requests of which all fail are an alert', () => {
  const series = new SloSeries()
  series.add(startMs, { good: 0, total: 5 })
  const tally = (windowMs: number) => series.sum(startMs + secondMs, windowMs)
  const { changes } = nextAlerts({ slo: 's', target: 0.99, windowMs: 30 * dayMs, tally }, [], startMs + secondMs)
  expect(changes.map(({ alert }) => alert.severity)).toEqual(['page', 'ticket'])
})

test('a rule that looks back further than the objective says nothing', () => {
  const series = new SloSeries()
  series.add(startMs, { good: 900, total: 1_000 })
  const tally = (windowMs: number) => series.sum(startMs + secondMs, windowMs)
  const { changes } = nextAlerts({ slo: 's', target: 0.9, windowMs: dayMs, tally }, [], startMs + secondMs)
  expect(changes).toEqual([])
})

/** Knuth's for few, the normal approximation for many. */
function poisson(mean: number, chance: () => number): number {
  if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)))
  const floor = Math.exp(-mean)
  let count = 0
  for (let product = chance(); product > floor; product *= chance()) count++
  return count
}

function binomial(trials: number, part: number, chance: () => number): number {
  let count = 0
  for (let i = 0; i < trials; i++) if (chance() < part) count++
  return count
}

function normal(chance: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance())
}
