// The cost of a choice under latency routing with 20 targets: a pick, which nearly every request makes, and a pick that computes the
// shares first, which happens ten times a second at most. Run: node nodes/proxy/routing/weight-table.bench.ts.
// Target: p99 below 10 µs.
import { sampleAttempt } from '../../../shared/telemetry/arbitrary-records.ts'
import { LatencyEstimate } from './latency-estimate.ts'
import { drawOf } from './seeded-draw.ts'
import { WeightTable } from './weight-table.ts'

const rounds = 200_000
const targets = Array.from({ length: 20 }, (_, index) => {
  const latency = new LatencyEstimate()
  for (let i = 0; i < 50; i++) latency.learn(sampleAttempt({ stream: true, ttftUs: 50_000 + 10_000 * index }), i * 20)
  return { weight: 1, latency }
})
const table = new WeightTable(targets, 'first')
let nowMs = 1_000

measure('pick', () => {
  table.refresh(nowMs)
  return table.pick(drawOf(nowMs % 1_000, 0, table.revision))
})
measure('work out, then pick', () => {
  nowMs += 100
  table.refresh(nowMs)
  return table.pick(drawOf(nowMs % 1_000, 0, table.revision))
})
const attempt = sampleAttempt({ stream: true, ttftUs: 60_000 })
measure('learn from an attempt', () => {
  nowMs++
  targets[0]!.latency.learn(attempt, nowMs)
  return 0
})

function measure(name: string, run: () => number): void {
  for (let i = 0; i < 20_000; i++) run()
  const heapBefore = process.memoryUsage().heapUsed
  const took = new Float64Array(rounds)
  for (let i = 0; i < rounds; i++) {
    const start = process.hrtime.bigint()
    run()
    took[i] = Number(process.hrtime.bigint() - start) / 1_000
  }
  took.sort()
  const at = (part: number): string => took[Math.floor(part * rounds)]!.toFixed(2)
  const grown = Math.max(0, process.memoryUsage().heapUsed - heapBefore) / rounds
  process.stdout.write(
    `${name.padEnd(24)} p50 ${at(0.5)} µs  p99 ${at(0.99)} µs  (${grown.toFixed(0)} B of heap, the timer's included)\n`,
  )
}
