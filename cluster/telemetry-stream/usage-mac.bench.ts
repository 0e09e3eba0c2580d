// Run it by hand: node --import ./scripts/strip-types.mjs cluster/telemetry-stream/usage-mac.bench.ts
// Time of one MAC over a batch of usage, as a proxy makes it and each of two aggregators checks it, by the size of the batch.
import { systemClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { BatchWriter } from '../../shared/telemetry/codec.ts'
import { MessageMacs } from '../macs/message-macs.ts'
import { usageMacOf } from './usage-mac.ts'

const rounds = 7
const runs = 2_000

function batchOf(count: number): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(1 << 20))
  writer.begin({ node: 'proxy-1', epoch: 'boot-1', firstSequence: 1 })
  for (let n = 0; n < count; n++) writer.single(sampleRequest(), sampleAttempt())
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}

function medianUs(run: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const fromMs = systemClock.monotonicMs()
    for (let n = 0; n < runs; n++) run()
    return ((systemClock.monotonicMs() - fromMs) * 1_000) / runs
  })
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)]!
}

const masterKeys = [new Uint8Array(32).fill(7)] as const
const macs = new MessageMacs({ masterKeys, acceptsUnsigned: false, clock: systemClock, notify: () => {} })
const mac = usageMacOf(macs)
for (const count of [1, 30, 300, 1_000]) {
  const bytes = batchOf(count)
  const batch = { partition: 3, node: 'proxy-1', sender: 'proxy-1', bytes }
  const id = mac.idOf(batch)
  const made = medianUs(() => void mac.idOf(batch))
  const judged = medianUs(() => void mac.judge({ ...batch, id }))
  const perRecord = ((made + judged) * 1_000) / count
  const shown = [
    `${count} records, ${bytes.length} bytes`,
    `made ${made.toFixed(1)} µs`,
    `checked ${judged.toFixed(1)} µs`,
  ]
  process.stdout.write(`${shown.join(' · ')} · both per record ${perRecord.toFixed(0)} ns\n`)
}
