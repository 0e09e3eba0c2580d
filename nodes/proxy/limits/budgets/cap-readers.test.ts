// A request may have several caps of its answer, and servers differ in which of them they go by, in what they take for a number, and
// in what they take for no cap. Whichever server it is, the bound is no smaller than the answer that it may give.
import { beforeAll, expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { TestGateway } from '../../apis/test-gateway.ts'
import type { Policy } from '../../policies/policy.ts'
import { OutputLengths } from '../output-lengths.ts'
import { reservedAmounts } from '../reserved-amounts.ts'
import { type CostBound, costBound } from './cost-bound.ts'
import { PriceCeilings } from './price-ceiling.ts'

const fields = ['max_tokens', 'max_completion_tokens', 'n_predict'] as const
const values = ['5', '70', '0', '-1', '1e400', '"70"', '" 7e1 "', '"many"', 'null', '[70]', 'true', '1.5'] as const
/** The longest answer of the model, which a server without a cap gives. */
const longest = 16_384

let gateway: TestGateway
interface Told {
  readonly bound: CostBound
  readonly output: number
}

const told: Told[] = []
const ceilings = new PriceCeilings()
const lengths = new OutputLengths()
const looking: Policy = {
  name: 'looking',
  governs: () => true,
  decide(request, asked) {
    told.push({ bound: costBound(request, asked, ceilings), output: reservedAmounts(request, asked, lengths).output })
    return { type: 'reject', error: { type: 'internal' } }
  },
}

beforeAll(async () => {
  gateway = await TestGateway.open({ policies: [looking], clock: new ManualClock() })
})

function answersOf(path: string, members: string): { tokens: number; output: number } | undefined {
  const input = path === '/v1/completions' ? '"prompt":"hi"' : '"messages":[{"role":"user","content":"hi"}]'
  const body = `{"model":"gpt",${input},${members}}`
  const { reply } = gateway.call({ path, body })
  // What no server could mean is refused before.
  if (reply.status === 400) return undefined
  const [{ bound, output } = { bound: undefined, output: 0 }] = told.splice(0)
  if (bound === undefined || !('nanoUsd' in bound)) throw new Error(`no bound of ${body}`)
  return { tokens: (bound.nanoUsd - (body.length + 32) * 1_000) / 2_000, output }
}

/** What a server makes of the value of one cap: a number, no cap, or an error; undefined where it looks at the next one. */
function capAt(value: string | undefined): number | 'none' | 'error' | undefined {
  if (value === undefined || value === 'null') return undefined
  const parsed: unknown = JSON.parse(value)
  const number = typeof parsed === 'string' ? Number(parsed) : parsed
  if (typeof number !== 'number' || Number.isNaN(number)) return 'error'
  return number > 0 && Number.isFinite(number) ? number : 'none'
}

/** The longest answer of a server that goes by the caps in this order; 0 where it refuses the request. */
function givenBy(order: readonly string[], caps: Readonly<Record<string, string>>): number {
  const cap = order.map((field) => capAt(caps[field])).find((one) => one !== undefined)
  if (cap === 'error') return 0
  return typeof cap === 'number' ? cap : longest
}

const pairs = fields.flatMap((one) => fields.filter((other) => other !== one).map((other) => [one, other] as const))

test.each(['/v1/chat/completions', '/v1/completions'])('%s: no server answers with more than the bound', (path) => {
  for (const [first, second] of pairs) {
    for (const one of values) {
      for (const other of values) {
        const caps = { [first]: one, [second]: other }
        const answered = answersOf(path, `"${first}":${one},"${second}":${other}`)
        if (answered === undefined) continue
        const { tokens, output } = answered
        const most = Math.max(givenBy([first, second], caps), givenBy([second, first], caps))
        expect([caps, tokens, output]).toEqual([
          caps,
          expect.toSatisfy((found: number) => found >= most),
          // Limits expect a usual answer, where no cap is smaller.
          expect.toSatisfy((found: number) => found >= Math.min(most, 512)),
        ])
      }
    }
  }
})
