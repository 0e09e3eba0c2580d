// Measures nanoseconds per record, best of five rounds: it justifies the hand-written encoder, the numbered names and
// the sketch. Run: node --import ./scripts/strip-types.mjs shared/telemetry/codec.bench.ts
import { sampleAttempt, sampleRequest } from './arbitrary-records.ts'
import { decodeBatch } from './batch.ts'
import { BatchWriter } from './codec.ts'
import { Sketch } from './sketch.ts'

const recordsCount = 2_000
const writer = new BatchWriter(Buffer.allocUnsafe(1 << 20))
const ids = Array.from(
  { length: recordsCount },
  (_, index) => `01K9ABCDEFGHJKMNPQRSTV${String(index).padStart(4, '0')}`,
)
const request = sampleRequest({ user: 'alice@example.com', app: 'console', costCenter: 'cc-100' })
const attempt = sampleAttempt()
const sketch = new Sketch()

function encodeAll(): void {
  writer.begin({ node: 'node-1', epoch: 'epoch-1', firstSequence: 1 })
  for (const id of ids) {
    request.requestId = id
    attempt.requestId = id
    writer.single(request, attempt)
  }
}

function best(name: string, run: () => void): void {
  let bestNs = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const startNs = process.hrtime.bigint()
    for (let i = 0; i < 100; i++) run()
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - startNs) / 100 / recordsCount)
  }
  process.stdout.write(`${name.padEnd(28)} ${bestNs.toFixed(0).padStart(6)} ns\n`)
}

best('encode request + attempt', encodeAll)
const bytes = new Uint8Array(writer.bytes.subarray(0, writer.offset))
best('decode into both', () => void decodeBatch(bytes))
best('add to a sketch', () => {
  for (let i = 0; i < recordsCount; i++) sketch.add(i * 977)
})
process.stdout.write(`${'size'.padEnd(28)} ${(bytes.length / recordsCount).toFixed(0).padStart(6)} bytes\n`)
