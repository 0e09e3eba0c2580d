// The laws of one budget: no order, loss or repetition of reports lets more be spent than there is, and nothing gets lost.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyReport, type BudgetTerms, flowsOf, type Ledger, newLedger, type Report, standingOf } from './ledger.ts'
import { TestHolder } from './test-holder.ts'

const cap = 1_000_000
const terms: BudgetTerms = { name: 'x', cap, revision: 1, windowEndMs: 1e12, alertAt: [0.5, 0.9] }

type Step =
  | { type: 'spend'; holder: number; part: number }
  | { type: 'report'; holder: number; keeps: number; least: number; more: number; isHeard: boolean }
  | { type: 'again'; holder: number; which: number }
  | { type: 'restart'; holder: number; isTold: boolean }

const holder = fc.nat({ max: 3 })
const part = fc.double({ min: 0, max: 1, noNaN: true })
const amount = fc.oneof(fc.constant(0), fc.nat({ max: 1_000 }), fc.nat({ max: cap }))
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('spend'), holder, part }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('report'),
      holder,
      keeps: part,
      least: amount,
      more: amount,
      isHeard: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('again'), holder, which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('restart'), holder, isTold: fc.boolean() }) },
)

class World {
  ledger: Ledger = newLedger(terms)
  readonly holders = [0, 1, 2, 3].map((n) => new TestHolder(`n${n}/0`))
  readonly gone: TestHolder[] = []
  readonly alerts: number[] = []
  #lives = 0

  take(step: Step): void {
    const one = this.holders[step.holder] as TestHolder
    if (step.type === 'spend') one.spend(step.part)
    else if (step.type === 'report') {
      const applied = this.apply(one.report(step))
      if (step.isHeard) one.hear(applied)
    } else if (step.type === 'again') {
      const old = one.sent[step.which % Math.max(1, one.sent.length)]
      if (old !== undefined) this.apply(old)
    } else this.#restart(step.holder, step.isTold)
  }

  apply(report: Report) {
    const applied = applyReport(this.ledger, report, report.hasEnded === true ? undefined : terms)
    this.ledger = applied.ledger
    // A repeated report is answered as it was: its alerts are those of the first time.
    const isNew = report.sequence > (this.#heard.get(report.holder) ?? 0)
    if (isNew) {
      this.#heard.set(report.holder, report.sequence)
      this.alerts.push(...applied.alerts.map(({ threshold }) => threshold))
    }
    return applied
  }

  readonly #heard = new Map<string, number>()

  #restart(index: number, isTold: boolean): void {
    const one = this.holders[index] as TestHolder
    if (isTold) this.apply(one.end())
    this.gone.push(one)
    this.holders[index] = new TestHolder(`n${index}/${++this.#lives}`)
  }

  get spent(): number {
    return [...this.holders, ...this.gone].reduce((sum, { settled }) => sum + settled, 0)
  }
}

describe('whatever is lost, late or told twice, and whoever ends', () => {
  test('no more is spent, or can still be spent, than there is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        for (const one of steps) {
          world.take(one)
          const { settled, open } = standingOf(world.ledger)
          expect(settled + open).toBeLessThanOrEqual(cap)
          const held = world.holders.reduce((sum, { room }) => sum + room, 0)
          expect(world.spent + held).toBeLessThanOrEqual(cap)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('the register never takes a holder to hold less than it does', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        for (const one of steps) {
          world.take(one)
          for (const { granted, sent } of world.holders) {
            const share = world.ledger.shares[sent[0]?.holder ?? '']
            expect((share?.settled ?? 0) + (share?.open ?? 0)).toBeGreaterThanOrEqual(granted)
          }
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('once all have told what they spent and gave back the rest, the register knows it to the nano-dollar', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        const told = steps.filter(({ type }) => type !== 'restart')
        for (const one of told) world.take(one)
        for (const one of world.holders) world.apply(one.report({ keeps: 0, least: 0, more: 0 }))
        expect(standingOf(world.ledger)).toEqual({ cap, settled: world.spent, open: 0 })
      }),
      { numRuns: 1_000 },
    )
  })

  test('what was granted is spent, open or given back, and neither shrinks', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        let before = flowsOf(world.ledger)
        for (const one of steps) {
          world.take(one)
          const { settled, open } = standingOf(world.ledger)
          const now = flowsOf(world.ledger)
          expect(now.granted).toBe(settled + open + now.returned)
          expect(now.granted).toBeGreaterThanOrEqual(before.granted)
          expect(now.returned).toBeGreaterThanOrEqual(before.returned)
          before = now
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('each threshold is passed once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const world = new World()
        for (const one of steps) world.take(one)
        expect(new Set(world.alerts).size).toBe(world.alerts.length)
        const { settled } = standingOf(world.ledger)
        expect([...world.alerts].sort()).toEqual(terms.alertAt.filter((part) => settled >= part * cap))
      }),
      { numRuns: 1_000 },
    )
  })
})

const asking = (more: Partial<Report>): Report => ({
  holder: 'a',
  sequence: 1,
  settled: 0,
  open: 0,
  least: 0,
  waiting: 0,
  wants: 0,
  ...more,
})

test('a request that needs all that is left gets it, and one that needs more gets nothing', () => {
  expect(applyReport(newLedger(terms), asking({ least: cap, waiting: cap }), terms).granted).toBe(cap)
  expect(applyReport(newLedger(terms), asking({ least: cap + 1, waiting: cap + 1 }), terms).granted).toBe(0)
})

test('what is granted in reserve shrinks with what is left', () => {
  const first = applyReport(newLedger(terms), asking({ wants: cap }), terms)
  const second = applyReport(first.ledger, asking({ holder: 'b', wants: cap }), terms)
  expect([first.granted, second.granted]).toEqual([cap / 2, cap / 8])
})

test('who lacks what another holds is told to be short', () => {
  const first = applyReport(newLedger(terms), asking({ least: cap, waiting: cap }), terms)
  expect(applyReport(first.ledger, asking({ holder: 'b', least: 1, waiting: 1 }), terms).isShort).toBe(true)
  const spent = applyReport(first.ledger, asking({ sequence: 2, settled: cap }), terms)
  expect(applyReport(spent.ledger, asking({ holder: 'b', least: 1, waiting: 1 }), terms).isShort).toBe(false)
})

test('a smaller amount grants no more, a larger one grants again, and an older configuration does not count', () => {
  const spent = applyReport(newLedger(terms), asking({ settled: 600 }), { ...terms, cap: 1_000 })
  const lowered = { ...terms, cap: 500, revision: 2 }
  const less = applyReport(spent.ledger, asking({ sequence: 2, settled: 600, least: 1, waiting: 1 }), lowered)
  expect([less.granted, less.standing.cap]).toEqual([600, 500])
  const stale = applyReport(less.ledger, asking({ holder: 'b', least: 1, waiting: 1 }), { ...terms, cap: 1_000 })
  expect([stale.granted, stale.standing.cap]).toEqual([0, 500])
  const raised = { ...terms, cap: 700, revision: 3 }
  expect(applyReport(stale.ledger, asking({ holder: 'c', least: 100, waiting: 100 }), raised).granted).toBe(100)
})

test('of a holder that ended, the mark counts as spent and is told to be a bound', () => {
  const granted = applyReport(newLedger(terms), asking({ settled: 100, open: 0, least: 500, waiting: 500 }), terms)
  const end = asking({ sequence: Number.MAX_SAFE_INTEGER, settled: 250, hasEnded: true })
  const { ledger, standing } = applyReport(granted.ledger, end)
  expect([standing, ledger.unsure]).toEqual([{ cap, settled: 250, open: 0 }, 150])
  expect(applyReport(ledger, end).ledger).toBe(ledger)
})

test('of many lives of one process the shares are folded, and nothing is lost', () => {
  let ledger = newLedger(terms)
  for (let life = 0; life < 200; life++) {
    ledger = applyReport(ledger, asking({ holder: `a/${life}`, settled: 10 }), terms).ledger
  }
  expect(Object.keys(ledger.shares).length).toBeLessThanOrEqual(64)
  expect(standingOf(ledger).settled).toBe(2_000)
})
