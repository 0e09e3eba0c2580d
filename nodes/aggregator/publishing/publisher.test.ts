// Several aggregators in one thread under one clock: who publishes, and what the next one makes of it.
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { SloState } from '../../../shared/telemetry/slo-state.ts'
import type { WeightsMessage } from '../../../shared/telemetry/weights.ts'
import { budgetAlertLog } from '../budget-alerts/budget-alerts.ts'
import { AlertLog } from '../slo/alert-log.ts'
import { compileObjective } from '../slo/objective.ts'
import { wantedByBurn } from '../weights/multiplier.ts'
import type { TargetFacts } from '../weights/target-tally.ts'
import type { Partial } from './partial.ts'
import { PartialBook } from './partial-book.ts'
import { Publisher } from './publisher.ts'

const objective = compileObjective('all', { objective: 'availability', target: 0.99 })
const names = ['a', 'b'].map((target) => ({ model: 'fast', provider: 'up', target }))
const windows = [60_000, 300_000, 1_800_000, 3_600_000, 21_600_000, 259_200_000, objective.windowMs]

/** Message of a partition whose owner saw these counts, all in the last minute. */
function partial(partition: number, good: number, total: number, targets: Partial['targets'] = []): Partial {
  const counts = Object.fromEntries(windows.map((ms) => [ms, [good, total] as [number, number]]))
  return { partition, epoch: 1, series: { [objective.series]: counts }, targets }
}

function facts(target: string, over: globalThis.Partial<TargetFacts> = {}): TargetFacts {
  const known = { firstUs: 0, firstCount: 0, tokenUs: 0, tokenCount: 0, counts: {} }
  return { model: 'fast', provider: 'up', target, ...known, ...over }
}

/** The state that a publisher publishes while this alert fires. */
function stateOf(publisher: string, epoch: number, id: string): SloState {
  const alert = { id, severity: 'page' as const, sinceMs: 0, factor: 50, longMs: 300_000, lastHeldMs: 0 }
  const counts = { burn: {}, good: 0, total: 0, budgetRemaining: 1 }
  const { name, target, windowMs } = objective
  const one = { name, objective: 'availability' as const, target, windowMs, ...counts, alerts: [alert] }
  return { publisher, epoch, revision: 1, atMs: 0, silentPartitions: [], objectives: [one], events: [] }
}

function world() {
  const clock = new ManualClock()
  const said: { state: SloState; weights: WeightsMessage }[] = []
  const aggregators: { book: PartialBook; publisher: Publisher }[] = []
  function aggregator(node: string, database = new DatabaseSync(':memory:')) {
    const book = new PartialBook(clock)
    const log = new AlertLog()
    log.open(database)
    const budgetLog = budgetAlertLog()
    const notices: Notice[] = []
    let epoch: number | undefined
    const publisher = new Publisher({
      node,
      book,
      log,
      budgetLog,
      clock,
      notify: (notice) => notices.push(notice),
      epoch: () => epoch,
      factors: [
        {
          name: 'slo',
          wanted: ({ counts }) => wantedByBurn(counts[objective.series] ?? { good: 0, total: 0 }, objective.target),
        },
      ],
      publish(one) {
        said.push(one)
        for (const other of aggregators) {
          other.publisher.hearState(JSON.parse(JSON.stringify(one.state)))
          other.publisher.hearWeights(JSON.parse(JSON.stringify(one.weights)))
        }
      },
    })
    publisher.configure([objective], names)
    const one = {
      publisher,
      book,
      log,
      notices,
      database,
      reign(of: number | undefined) {
        epoch = of
      },
    }
    aggregators.push(one)
    return one
  }
  /** All hear the partials, then everybody ticks: a second. */
  const second = (...partials: Partial[]) => {
    clock.advance(1_000)
    for (const { book } of aggregators) for (const one of partials) book.hear(one)
    for (const { publisher } of aggregators) publisher.tick()
  }
  const last = () => said.at(-1)!
  return { clock, aggregator, second, last, said }
}

describe('a publisher', () => {
  test('judges the sum of all partitions', () => {
    const { aggregator, second, last } = world()
    aggregator('a').reign(1)
    second(partial(0, 90, 100), partial(5, 100, 100))
    const [state] = last().state.objectives
    expect([state?.good, state?.total, state?.burn['1m'], state?.budgetRemaining]).toEqual([190, 200, 5, -4])
  })

  test('says nothing without the lease', () => {
    const { aggregator, second, said } = world()
    aggregator('a')
    second(partial(0, 0, 100))
    expect(said).toEqual([])
  })

  test('that takes over goes on with the same alerts, and tells of none a second time', () => {
    const { aggregator, second, last } = world()
    const [a, b] = [aggregator('a'), aggregator('b')]
    a.reign(1)
    second(partial(0, 0, 100))
    const alerts = last().state.objectives[0]!.alerts
    expect(alerts.map(({ severity }) => severity)).toEqual(['page', 'ticket'])
    a.reign(undefined)
    for (let i = 0; i < 5; i++) second(partial(0, 0, 100))
    b.reign(2)
    second(partial(0, 0, 100))
    expect(last().state).toMatchObject({ publisher: 'b', epoch: 2, revision: 1 })
    expect(last().state.objectives[0]!.alerts.map(({ id }) => id)).toEqual(alerts.map(({ id }) => id))
    expect(last().state.events).toHaveLength(2)
    expect(b.notices).toEqual([])
    expect(b.log.waiting()).toHaveLength(2)
  })

  test('that starts again goes on with the alerts of its own log', () => {
    const { aggregator, second, last } = world()
    const before = aggregator('a')
    before.reign(1)
    second(partial(0, 0, 100))
    const ids = last().state.objectives[0]!.alerts.map(({ id }) => id)
    before.reign(undefined)
    const after = aggregator('again', before.database)
    after.reign(7)
    second(partial(0, 0, 100))
    expect(last().state.objectives[0]!.alerts.map(({ id }) => id)).toEqual(ids)
    expect(after.notices).toEqual([])
  })

  test('that lost its lease and does not know is not heard', () => {
    const { aggregator, second, last } = world()
    const next = aggregator('next')
    next.publisher.hearState(stateOf('second', 2, 'all/page/right'))
    next.publisher.hearState(stateOf('first', 1, 'all/page/wrong'))
    next.reign(3)
    second(partial(0, 0, 100))
    expect(last().state.objectives[0]!.alerts.map(({ id }) => id)).toContain('all/page/right')
  })

  test('ends an alert whose objective is deleted, and nobody is told of it', () => {
    const { aggregator, second, last } = world()
    const a = aggregator('a')
    a.reign(1)
    second(partial(0, 0, 100))
    a.publisher.configure([], names)
    second(partial(0, 0, 100))
    const resolved = last().state.events.filter(({ type }) => type === 'resolved')
    expect(resolved.map(({ delivery }) => delivery)).toEqual(['none', 'none'])
    expect(last().state.objectives).toEqual([])
  })

  test('names the partitions whose owners are silent, and goes by their last word', () => {
    const { aggregator, second, last } = world()
    aggregator('a').reign(1)
    second(partial(0, 0, 100), partial(5, 100, 100))
    for (let i = 0; i < 6; i++) second(partial(0, 0, 100))
    expect(last().state.silentPartitions).toEqual([5])
    expect(last().state.objectives[0]!.total).toBe(200)
  })
})

describe('weights', () => {
  test('estimates are means over partitions, by what each has seen', () => {
    const { aggregator, second, last } = world()
    aggregator('a').reign(1)
    second(
      partial(0, 1, 1, [facts('a', { firstUs: 100, firstCount: 30 })]),
      partial(1, 1, 1, [facts('a', { firstUs: 400, firstCount: 10, tokenUs: 7, tokenCount: 2 })]),
    )
    const [a, b] = last().weights.targets
    expect(a).toMatchObject({ firstUs: 175, firstCount: 40, tokenUs: 7, tokenCount: 2, multiplier: 1 })
    expect(b).toMatchObject({ target: 'b', firstCount: 0, tokenCount: 0, multiplier: 1 })
  })

  test('a target that burns the budget gets less, step by step, and the next publisher goes on from there', () => {
    const { aggregator, second, last } = world()
    const [one, next] = [aggregator('a'), aggregator('b')]
    const burning = partial(0, 100, 100, [facts('a', { counts: { [objective.series]: { good: 50, total: 100 } } })])
    one.reign(1)
    for (let i = 0; i < 3; i++) second(burning)
    const before = last().weights.targets.map(({ multiplier }) => multiplier)
    expect(before[0]).toBeLessThan(0.5)
    expect(before[1]).toBe(1)
    one.reign(undefined)
    next.reign(2)
    second(burning)
    expect(last().weights).toMatchObject({ publisher: 'b', epoch: 2 })
    expect(last().weights.targets[0]!.multiplier).toBeLessThan(before[0]!)
    expect(last().weights.targets[0]!.multiplier).toBeGreaterThan(before[0]! * 0.7)
  })
})
