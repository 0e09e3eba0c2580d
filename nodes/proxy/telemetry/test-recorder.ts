// Recorders of one proxy, over a bus whose other side the test is, and a data folder that they leave to one another.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { type Batch, decodeBatch, scanBatches } from '../../../shared/telemetry/batch.ts'
import { bootEpoch, Recorder, type RecorderBounds } from './recorder.ts'

export const noFlush = (): void => {}

export class TestProxy {
  readonly dataDir: string
  readonly clock = new ManualClock()
  readonly bus = new LocalBus()
  readonly batches: Batch[] = []
  readonly notices: Notice[] = []
  #sent = 0
  #turns: (() => void)[] = []
  epoch = ''

  constructor(dataDir = mkdtempSync(join(tmpdir(), 'headgate-recorder-'))) {
    this.dataDir = dataDir
    this.bus.subscribe(subjects.telemetryBatch, (payload) => {
      const batch = decodeBatch(payload)
      if (batch.ok) this.batches.push(batch.value)
    })
  }

  boot(bounds: Partial<RecorderBounds> = {}, epoch = bootEpoch(this.clock, Math.random)): Recorder {
    this.epoch = epoch
    const { bus, clock, dataDir } = this
    const afterTurn = (run: () => void): void => void this.#turns.push(run)
    const notify = (notice: Notice): void => void this.notices.push(notice)
    const recorder = new Recorder({ node: 'proxy-1', epoch, dataDir, bus, clock, notify, afterTurn, bounds })
    recorder.start()
    return recorder
  }

  finish(recorder: Recorder, count: number): void {
    for (let i = 0; i < count; i++) {
      const requestId = `request-${++this.#sent}`
      recorder.finish(sampleRequest({ requestId }), [sampleAttempt({ requestId })], noFlush)
    }
    this.endTurn()
  }

  endTurn(): void {
    for (const run of this.#turns.splice(0)) run()
  }

  confirm(sequence: number, gap = false, epoch = this.epoch): void {
    this.bus.publish(subjects.telemetryStored, encodeJson({ node: 'proxy-1', epoch, sequence, gap }))
  }

  flow(isAccepting: boolean): void {
    this.bus.publish(subjects.telemetryFlow, encodeJson({ isAccepting }))
  }

  records(): Batch['records'] {
    return this.batches.flatMap((batch) => batch.records)
  }

  /** Lets time pass and real reads of the spool finish; the batches that came meanwhile. */
  async pass(ms: number): Promise<Batch[]> {
    const before = this.batches.length
    await settled()
    this.clock.advance(ms)
    for (let i = 0; i < 4; i++) {
      await settled()
      this.clock.advance(0)
    }
    return this.batches.slice(before)
  }

  get spoolFolder(): string {
    return join(this.dataDir, 'spool')
  }

  spooledRecords(): number {
    const files = readdirSync(this.spoolFolder).map((name) => readFileSync(join(this.spoolFolder, name)))
    return files.flatMap((bytes) => scanBatches(bytes).batches).reduce((sum, { count }) => sum + count, 0)
  }

  remove(): void {
    this.bus.close()
    rmSync(this.dataDir, { recursive: true, force: true })
  }
}

/** A few turns of the real event loop in which the thread pool reads nothing. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet = isReading() ? 0 : quiet + 1) await new Promise((next) => setTimeout(next, 1))
}

function isReading(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
}
