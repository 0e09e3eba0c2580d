// What quotas cost an attempt. Run: node nodes/proxy/quotas/quotas.bench.ts.
// Target: 0.1 µs where nothing is known of the provider.
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { AnswerHead } from '../upstream/parser/answer-head.ts'
import { type QuotaCredential, Quotas } from './quotas.ts'

const rounds = 500_000
const clock = new ManualClock()
const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
const hashKey = new Uint8Array(32)
const quotas = new Quotas<QuotaCredential>({ gossip, clock, chance: () => 0, hashKey, queueMax: 1_000 })
const use = { input: 5, output: 0 }
const silent =
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 300\r\ndate: today\r\nserver: x\r\n\r\n'
const openai = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-ratelimit-limit-requests: 1000000000\r\nx-ratelimit-remaining-requests: 999999999\r\nx-ratelimit-reset-requests: 6ms\r\nx-ratelimit-limit-tokens: 1000000000\r\nx-ratelimit-remaining-tokens: 999999990\r\nx-ratelimit-reset-tokens: 6ms\r\n\r\n`

for (const [name, text] of [
  ['nothing is known', silent],
  ['two limits are known', openai],
] as const) {
  const credential: QuotaCredential = { name, weight: 1, health: { refusedUntilMs: 0 } }
  const target = { provider: name, model: 'gpt', credentials: [credential] }
  const ask = { target, pinned: undefined, use }
  measure(name, () => {
    const grant = quotas.governs(target) ? quotas.take(ask) : undefined
    quotas.observe(new AnswerHead(200, text), { target, credential, grant })
    grant?.settle(use, clock.monotonicMs())
  })
}

/** Time goes on: 100,000 attempts in a second. */
function measure(name: string, run: () => void): void {
  let best = Number.POSITIVE_INFINITY
  for (let part = 0; part < 10; part++) {
    const start = process.hrtime.bigint()
    for (let round = 0; round < rounds / 10; round++) {
      if (round % 10_000 === 0) clock.advance(100)
      run()
    }
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (rounds / 10))
  }
  process.stdout.write(`${name.padEnd(24)} ${(best / 1_000).toFixed(3)} µs for an attempt\n`)
}
