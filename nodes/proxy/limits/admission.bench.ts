// What three limits and a hard budget cost a request in all: deciding, the headers of its answer, and settling. Run:
// node --import ./scripts/strip-types.mjs nodes/proxy/limits/admission.bench.ts. Target: 2.5 µs.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BudgetDesk } from '../../../cluster/budgets/budget-desk.ts'
import { MarkJournal } from '../../../cluster/budgets/mark-journal.ts'
import { TestRegister } from '../../../cluster/budgets/test-register.ts'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { systemClock } from '../../../shared/clock.ts'
import { priceOfRates } from '../../../shared/models/price.ts'
import { heldLines } from '../accounting/held-lines.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { headerBlock } from '../http/header-block.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import type { Policy } from '../policies/policy.ts'
import { runPolicies } from '../policies/run-policies.ts'
import { testTarget } from '../providers/test-connect.ts'
import { inferenceRequest, readFacts, readModels } from '../request/read-inference.ts'
import { routeTo, testRequest, testSnapshot } from '../request/test-request.ts'
import { Budgets } from './budgets/budgets.ts'
import { Limits } from './limits.ts'

const parts = 20
const perPart = 15_000

const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
const target = testTarget({ kind: 'openai' }, { price, facts: { contextTokensMax: 128_000, outputTokensMax: 16_384 } })
const body = {
  model: 'm',
  max_tokens: 100,
  messages: [
    { role: 'system', content: 'You are a helpful assistant.' },
    { role: 'user', content: 'Tell me about the weather in Paris. '.repeat(5) },
  ],
  temperature: 0.7,
}
const limitSpecs = {
  requests: { per: 'key', requests: 1e9, window: '1m' },
  tokens: { per: 'team', tokens: 9e11, window: '1h' },
  concurrency: { per: 'key', concurrency: 5_000 },
}
const budgetSpecs = { day: { team: 'search', usd: 900_000, window: '1d', mode: 'hard' } }

const clock = systemClock
const folder = mkdtempSync(join(tmpdir(), 'admission-bench-'))
const register = new TestRegister(clock)
const desk = new BudgetDesk({
  node: 'n1',
  boot: '1',
  bus: register.bus(),
  clock,
  journal: new MarkJournal(join(folder, 'marks')),
})
desk.start()
const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
const budgets = new Budgets({ desk, clock, jobs: new InlineJobs() })
const attempts = [{ costNanoUsd: 173_000, settlement: 'reported' }]
const outcome = {
  status: 'ok',
  model: 'm',
  tokens: { input: 9, output: 82, cached: 0 },
  attempts,
  attemptCount: 1,
  costNanoUsd: 173_000,
} as unknown as Outcome

await measure('nothing', [], {})
await measure('3 limits', [limits], { limits: resources(limitSpecs) })
await measure('a hard budget', [budgets], { budgets: resources(budgetSpecs) })
await measure('3 limits, a hard budget', [limits, budgets], {
  limits: resources(limitSpecs),
  budgets: resources(budgetSpecs),
})
await desk.stop()
rmSync(folder, { recursive: true })
process.exit(0)

function resources(specs: object): never {
  return new Map(Object.entries(specs).map(([name, spec]) => [name, { spec, origin: 'api', revision: 1 }])) as never
}

async function measure(name: string, policies: readonly Policy[], parts0: object): Promise<void> {
  const snapshot = { ...testSnapshot({ m: routeTo('m', target) }), ...parts0 }
  const run = async (): Promise<void> => {
    const { request } = testRequest({ body, snapshot })
    const models = readModels(request)
    if (!models.ok) throw new Error(models.error.type)
    const facts = readFacts(request, models.value)
    if (!facts.ok) throw new Error(facts.error.type)
    const asked = inferenceRequest(facts.value)
    for (let i = 0; i < perPart; i++) {
      const decided = runPolicies(policies, request, asked)
      const permit = decided instanceof Promise ? await decided : decided
      if ('ended' in permit) throw new Error(JSON.stringify(permit.ended))
      headerBlock(200, [], heldLines(permit.holds))
      for (const hold of permit.holds) hold.settle(outcome)
    }
  }
  let best = Number.POSITIVE_INFINITY
  for (let part = 0; part < parts; part++) {
    const start = process.hrtime.bigint()
    await run()
    if (part > 3) best = Math.min(best, Number(process.hrtime.bigint() - start) / perPart)
    await new Promise((resolve) => setTimeout(resolve, 60))
  }
  process.stdout.write(`${name.padEnd(24)} ${(best / 1_000).toFixed(3)} µs\n`)
}
