// Each attempt is one event, whatever comes again or out of order, over commits and kills.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { type Sent, startMs, TestLedger } from './test-ledger.ts'

interface Plan {
  readonly costs: readonly number[]
  /** What the request has cost beyond its attempts. */
  readonly unexplained: number
  readonly lateMs: number
}

const plan: fc.Arbitrary<Plan> = fc.record({
  costs: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 3 }),
  unexplained: fc.nat(50),
  lateMs: fc.nat(7_200_000),
})

const step = fc.record({
  order: fc.nat(1_000),
  isAgain: fc.boolean(),
  after: fc.constantFrom('', '', 'commit', 'kill'),
})

test('each attempt is one event, and the hours of usage are those of the ledger', () => {
  const steps = fc.array(fc.record({ plan, step }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(steps, (list) => {
      const books = new TestLedger()
      const sent = list.map((one, index) => recordsOf(one.plan, index))
      const batches = sent.map((one, index) => ({ bytes: books.batch('b', [one]), ...list[index]!.step }))
      const again = batches.filter(({ isAgain }) => isAgain).map((one) => ({ ...one, order: one.order + 1 }))
      for (const { bytes, after } of [...batches, ...again].sort((a, b) => a.order - b.order)) {
        books.take(bytes)
        if (after !== '') books.committer.commit()
        if (after === 'kill') books.kill()
      }
      // What was not confirmed comes again.
      for (const { bytes } of batches) books.take(bytes)
      const events = books.items().map(({ id, kind, costNanoUsd }) => `${id} ${kind} ${costNanoUsd}`)
      expect(events.sort()).toEqual(sent.flatMap(expectedOf).sort())
      expect(books.verify().faults).toEqual([])
      books.close()
    }),
    { numRuns: 25 },
  )
}, 60_000)

function recordsOf({ costs, unexplained, lateMs }: Plan, index: number): Sent {
  const common = { requestId: `r${index}`, atMs: startMs - lateMs }
  const attempts = costs.map((costNanoUsd, place) => sampleAttempt({ ...common, costNanoUsd, index: place }))
  const costNanoUsd = costs.reduce((sum, cost) => sum + cost, unexplained)
  return [sampleRequest({ ...common, attempts: attempts.length, costNanoUsd }), attempts]
}

/** What no attempt explains is an event of its own. */
function expectedOf([{ requestId, costNanoUsd }, attempts]: Sent): string[] {
  const rest = attempts.reduce((left, attempt) => left - attempt.costNanoUsd, costNanoUsd)
  const events = attempts.map((attempt) => `${requestId}/${attempt.index} charge ${attempt.costNanoUsd}`)
  return rest === 0 ? events : [...events, `${requestId}/- charge ${rest}`]
}
