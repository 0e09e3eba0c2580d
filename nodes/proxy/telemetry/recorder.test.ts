import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { LocalBus } from '../../../cluster/bus/local-bus.ts'
import { bounds } from '../../../shared/bounds.ts'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import { sampleAttempt, sampleRequest } from '../../../shared/telemetry/arbitrary-records.ts'
import { type Batch, decodeBatch, scanBatches } from '../../../shared/telemetry/batch.ts'
import { bootEpoch, Recorder, type RecorderBounds } from './recorder.ts'

const noFlush = (): void => {}

let dataDir: string
let world: World

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'headgate-recorder-'))
  world = new World()
})

afterEach(() => {
  world.bus.close()
  rmSync(dataDir, { recursive: true, force: true })
})

describe('before an answer ends', () => {
  test('its records are in the spool, written once for the whole turn', () => {
    const recorder = world.boot()
    const seen: number[] = []
    for (const id of ['a', 'b', 'c']) {
      recorder.finish(sampleRequest({ requestId: id }), [sampleAttempt({ requestId: id })], () =>
        seen.push(spooledRecords()),
      )
    }
    expect(seen).toEqual([])
    world.endTurn()
    expect(seen).toEqual([3, 3, 3])
  })

  test('its records are taken down, so that the caller may reuse the objects', async () => {
    const recorder = world.boot()
    const request = sampleRequest({ requestId: 'mine', attempts: 2 })
    const attempts = [sampleAttempt({ requestId: 'mine', outcome: 'timeout' }), sampleAttempt({ requestId: 'mine' })]
    recorder.finish(request, attempts, noFlush)
    request.requestId = 'reused'
    attempts[1]!.requestId = 'reused'
    world.endTurn()
    await world.pass(bounds.telemetryFlushMs)
    expect(world.records().map((entry) => entry?.record.requestId)).toEqual(['mine', 'mine', 'mine'])
  })

  test('a flush that throws keeps no other answer back', () => {
    const recorder = world.boot()
    let flushed = 0
    recorder.finish(sampleRequest(), [], () => {
      throw new Error('gone')
    })
    recorder.finish(sampleRequest(), [], () => flushed++)
    world.endTurn()
    expect(flushed).toBe(1)
    expect(world.notices).toEqual([{ type: 'handler-threw', where: 'recorder flush', message: 'gone' }])
  })

  test('a full disk is told once, and answers go on', async () => {
    const epoch = 'fixed-epoch'
    mkdirSync(join(dataDir, 'spool'))
    symlinkSync('/dev/full', join(dataDir, 'spool', `${epoch}.00000001.spool`))
    const recorder = world.boot({}, epoch)
    for (let i = 0; i < 3; i++) {
      let flushed = false
      recorder.finish(sampleRequest(), [], () => {
        flushed = true
      })
      world.endTurn()
      await world.pass(bounds.telemetryFlushMs)
      expect(flushed).toBe(true)
    }
    expect(world.notices.map(({ type }) => type)).toEqual(['spool-failed'])
    expect(world.records()).toHaveLength(3)
  })

  test('a spool folder that cannot be made is told, and answers go on', () => {
    writeFileSync(join(dataDir, 'spool'), 'a file where the folder should be')
    const recorder = world.boot()
    let flushed = false
    recorder.finish(sampleRequest(), [], () => {
      flushed = true
    })
    world.endTurn()
    expect(flushed).toBe(true)
    expect(world.notices.map(({ type }) => type)).toEqual(['spool-failed'])
  })
})

describe('delivery', () => {
  test('a batch goes out after its time, or at once when it is large', async () => {
    const recorder = world.boot({ batchBytesMax: 2_000 })
    world.finish(recorder, 3)
    expect(await world.pass(bounds.telemetryFlushMs - 1)).toHaveLength(0)
    expect(await world.pass(1)).toHaveLength(1)
    world.finish(recorder, 100)
    const batches = await world.pass(0)
    expect(batches.length).toBeGreaterThan(1)
    for (const batch of batches) expect(batch.previous).toBe(batch.firstSequence - 1)
  })

  test('what is not confirmed is sent again, with patience that grows', async () => {
    const recorder = world.boot()
    world.finish(recorder, 4)
    await world.pass(bounds.telemetryFlushMs)
    const times: number[] = []
    for (let s = 0; s < 40; s++) if ((await world.pass(1_000)).length > 0) times.push(s)
    expect(world.records().length).toBeGreaterThan(8)
    const gaps = times.slice(1).map((time, index) => time - times[index]!)
    expect(gaps).toEqual(gaps.toSorted((a, b) => a - b))
    world.confirm(4)
    await world.pass(60_000)
    world.batches.length = 0
    expect(await world.pass(60_000)).toHaveLength(0)
    expect(recorder.queues()['telemetryUnconfirmed']).toEqual({ length: 0, dropped: 0 })
  })

  test('a stop waits a while for the last confirmation, and then leaves an empty spool', async () => {
    const recorder = world.boot()
    world.finish(recorder, 3)
    let closed = false
    const closing = recorder.close(5_000).then(() => {
      closed = true
    })
    await world.pass(1_000)
    expect([closed, world.records().length]).toEqual([false, 3])
    world.confirm(3)
    await world.pass(100)
    await closing
    await expect.poll(() => readdirSync(join(dataDir, 'spool'))).toEqual([])
  })

  test('a stop that nobody confirms ends after its time, and leaves everything in the spool', async () => {
    const recorder = world.boot()
    world.finish(recorder, 3)
    const closing = recorder.close(5_000)
    await world.pass(5_100)
    await closing
    expect(spooledRecords()).toBe(3)
  })

  test('a gap that the aggregator names is filled at once', async () => {
    const recorder = world.boot()
    world.finish(recorder, 2)
    await world.pass(bounds.telemetryFlushMs)
    world.finish(recorder, 2)
    await world.pass(bounds.telemetryFlushMs)
    world.batches.length = 0
    world.confirm(0, true)
    const batches = await world.pass(50)
    expect(batches.map(({ previous, firstSequence }) => [previous, firstSequence])).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  test('while it is asked to hold back nothing leaves, and afterwards all that waited does, in order', async () => {
    const recorder = world.boot()
    world.flow(false)
    await world.pass(0)
    for (let i = 0; i < 5; i++) {
      world.finish(recorder, 2)
      await world.pass(bounds.telemetryFlushMs)
    }
    await world.pass(60_000)
    expect(world.batches).toHaveLength(0)
    world.flow(true)
    const batches = await world.pass(0)
    expect(batches.map(({ previous, firstSequence }) => [previous, firstSequence])).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
      [8, 9],
    ])
  })

  test('a batch whose predecessors are all confirmed names none', async () => {
    const recorder = world.boot()
    world.finish(recorder, 2)
    await world.pass(bounds.telemetryFlushMs)
    world.confirm(2)
    await world.pass(0)
    world.finish(recorder, 1)
    world.finish(recorder, 1)
    const [third] = await world.pass(bounds.telemetryFlushMs)
    expect(third).toMatchObject({ firstSequence: 3, previous: 0 })
    world.finish(recorder, 1)
    const [fifth] = await world.pass(bounds.telemetryFlushMs)
    expect(fifth).toMatchObject({ firstSequence: 5, previous: 4 })
  })

  test('what an earlier boot left is delivered and then deleted, torn tail or not', async () => {
    const first = world.boot()
    world.finish(first, 5)
    const [name] = readdirSync(join(dataDir, 'spool'))
    const path = join(dataDir, 'spool', name!)
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 3))
    writeFileSync(join(dataDir, 'spool', 'notes.txt'), 'not ours')
    const before = world.epoch
    world = new World()
    world.boot()
    const [batch] = await world.pass(50)
    expect(batch).toMatchObject({ epoch: before, previous: 0, firstSequence: 1 })
    expect(batch?.records).toHaveLength(4)
    expect(world.notices.map(({ type }) => type)).toEqual(['spool-failed'])
    world.confirm(4, false, before)
    await world.pass(50)
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(join(dataDir, 'spool'))).toEqual(['notes.txt'])
  })

  test('when the spool is full records wait in memory, and what does not fit is counted and told', async () => {
    const recorder = world.boot({ spoolBytesMax: 1_000, memoryRecordsMax: 20, batchBytesMax: 500 })
    world.finish(recorder, 100)
    await world.pass(bounds.telemetryFlushMs)
    await world.pass(1_000)
    const { telemetryMemory } = recorder.queues()
    expect(telemetryMemory!.length).toBeLessThanOrEqual(20)
    expect(telemetryMemory!.dropped).toBeGreaterThan(0)
    const told = world.notices.filter((notice) => notice.type === 'usage-dropped')
    expect(told).toEqual([{ type: 'usage-dropped', records: telemetryMemory!.dropped, reason: 'spool-full' }])
    expect(world.notices.filter(({ type }) => type === 'spool-failed')).toHaveLength(1)
  })

  test('after records were dropped the next delivery names the last one that still exists', async () => {
    const recorder = world.boot({ spoolBytesMax: 0, memoryRecordsMax: 4, batchBytesMax: 1 })
    world.finish(recorder, 10)
    await world.pass(bounds.telemetryFlushMs)
    world.batches.length = 0
    world.confirm(2, true)
    const batches = await world.pass(50)
    expect(batches.map(({ previous, firstSequence }) => [previous, firstSequence])).toEqual([
      [0, 7],
      [7, 8],
      [8, 9],
      [9, 10],
    ])
  })
})

class World {
  readonly clock = new ManualClock()
  readonly bus = new LocalBus()
  readonly batches: Batch[] = []
  readonly notices: Notice[] = []
  #sent = 0
  #turns: (() => void)[] = []
  epoch = ''

  constructor() {
    this.bus.subscribe(subjects.telemetryBatch, (payload) => {
      const batch = decodeBatch(payload)
      if (batch.ok) this.batches.push(batch.value)
    })
  }

  boot(bounds: Partial<RecorderBounds> = {}, epoch = bootEpoch(this.clock, Math.random)): Recorder {
    this.epoch = epoch
    const { bus, clock } = this
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
}

/** A few turns of the real event loop in which the thread pool reads nothing. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet = isReading() ? 0 : quiet + 1) await new Promise((next) => setTimeout(next, 1))
}

function isReading(): boolean {
  return process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))
}

function spooledRecords(): number {
  const files = readdirSync(join(dataDir, 'spool')).map((name) => readFileSync(join(dataDir, 'spool', name)))
  return files.flatMap((bytes) => scanBatches(bytes).batches).reduce((sum, { count }) => sum + count, 0)
}
