// For `telemetry-kill.integration.test.ts`: a process that records usage as fast as it can and says on stdout, one line a
// turn, how many requests it has let go: `flush` runs only when their records are in the spool.
import { writeSync } from 'node:fs'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { systemClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'

const [dataDir = '', role = ''] = process.argv.slice(2)
const notify = (notice: unknown): void => void writeSync(2, `${JSON.stringify(notice)}\n`)
const bus = new LocalBus()
const clock = systemClock
if (role === 'all')
  startAggregator({ dataDir, bus, clock, notify, node: 'aggregator-1', ledgerKeys: [new Uint8Array(32)] })
const epoch = bootEpoch(clock, Math.random)
const recorder = new Recorder({ node: 'proxy-1', epoch, dataDir, bus, clock, notify })
recorder.start()

let answered = 0
function turn(): void {
  for (let i = 0; i < 4; i++) {
    const requestId = `${epoch}-${answered + i}`
    const paid = { requestId, atMs: clock.wallMs(), costNanoUsd: 1 }
    recorder.finish(sampleRequest(paid), [sampleAttempt(paid)], () => answered++)
  }
  setImmediate(() => {
    writeSync(1, `${answered}\n`)
    setTimeout(turn, 1)
  })
}
turn()
