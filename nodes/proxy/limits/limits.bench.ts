// What limits cost a request: deciding under ten limits that count it, and settling. Run: node nodes/proxy/limits/limits.bench.ts.
// Target: 1.5 µs for a decision with ten limits, 200 bytes for a bucket.
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { Gossip } from '../../../cluster/gossip/gossip.ts'
import { ManualClock } from '../../../shared/clock.ts'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { noTokens } from '../accounting/attempt-cost.ts'
import type { Outcome } from '../accounting/outcome.ts'
import { InferenceRequest } from '../request/inference-request.ts'
import { testRequest, testSnapshot } from '../request/test-request.ts'
import { Limits } from './limits.ts'

const rounds = 300_000
const spec = { per: 'key', requests: 1e9, window: '1h' } as const
const limitMap = (count: number) =>
  new Map(
    Array.from({ length: count }, (_, index) => [`limit-${index}`, { spec, origin: 'api', revision: 1 }]),
  ) as never

const clock = new ManualClock()
const gossip = new Gossip({ node: 'n1', boot: 1, bus: new LocalBus(), clock })
const limits = new Limits({ gossip, clock, hashKey: new Uint8Array(32) })
const body = Buffer.from('{"model":"gpt","messages":[{"role":"user","content":"hello"}]}')
const scan = new BodyScan()
scanBody(body, scan)
const asked = new InferenceRequest({
  model: 'gpt',
  fallbacks: undefined,
  stream: false,
  showUsage: false,
  body: { type: 'json', scan, edits: [] },
  inbound: undefined,
  betas: undefined,
  state: undefined,
  lease: testRequest().request.body,
})
const outcome = { status: 'ok', model: 'gpt', tokens: noTokens, attemptCount: 1, costNanoUsd: 0 } as unknown as Outcome

for (const count of [0, 1, 3, 10]) {
  const { request } = testRequest({ snapshot: { ...testSnapshot(), limits: limitMap(count) } })
  measure(`${count} limits`, () => {
    if (!limits.governs(request)) return
    const decision = limits.decide(request, asked)
    if (!(decision instanceof Promise) && decision.type === 'proceed') decision.hold?.settle(outcome)
  })
}

const buckets = 131_072 - 14
const before = memory()
const rule = { kind: 'flow', capacity: 1e6, perMs: 1 } as const
for (let key = 0; key < buckets; key++) gossip.node.buckets.slotOf(2 ** 40 + key * 7_919, rule, 0)
process.stdout.write(`a bucket                 ${Math.round((memory() - before) / buckets)} bytes\n`)

function memory(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function measure(name: string, run: () => void): void {
  for (let i = 0; i < 50_000; i++) run()
  let best = Number.POSITIVE_INFINITY
  for (let part = 0; part < 10; part++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < rounds / 10; i++) run()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (rounds / 10))
  }
  process.stdout.write(`${name.padEnd(24)} ${(best / 1_000).toFixed(3)} µs for a decision and its settlement\n`)
}
