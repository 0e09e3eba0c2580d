// Conservation of money, over random schedules of requests, ends, kills, starts and messages that are lost and repeated: every attempt
// that was sent is in the sums once, with what its provider charged where that is known, and else with the most that it can be.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeJson, encodeJson } from '../../cluster/bus/bus.ts'
import { type Disk, fileSystem } from '../../cluster/data-folder/disk.ts'
import { Dice } from '../../cluster/simulation/engine/dice.ts'
import { type Chance, ManualClock } from '../../shared/clock.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { decodeBatch, scanBatches } from '../../shared/telemetry/batch.ts'
import type { AttemptRecord } from '../../shared/telemetry/records.ts'
import { startAggregator } from '../aggregator/main.ts'
import type { Intent } from '../proxy/accounting/intents/intent.ts'
import { testIntent } from '../proxy/accounting/intents/test-intents.ts'
import { type OpenRecords, openRecords } from '../proxy/accounting/open-records.ts'
import { bootEpoch } from '../proxy/telemetry/recorder.ts'
import { FaultyBus } from './test-faulty-bus.ts'
import { MortalClock } from './test-mortal.ts'

type End = 'answered' | 'timed-out' | 'aborted' | 'failed-and-retried'
type Step =
  | { type: 'sent'; count: number }
  | { type: 'end'; how: End; count: number }
  | { type: 'time'; ms: number }
  | { type: 'bus'; weather: 'fair' | 'foul' }
  /** `answers` come in the turn in which the process is killed, and have no record. */
  | { type: 'proxy-dies'; answers: number; startsThatDie: number }
  | { type: 'aggregator-dies' }

const ends: readonly End[] = ['answered', 'timed-out', 'aborted', 'failed-and-retried']
const count = fc.integer({ min: 1, max: 12 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('sent' as const), count }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('end' as const), how: fc.constantFrom(...ends), count }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('bus' as const), weather: fc.constantFrom('fair', 'foul') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('proxy-dies' as const),
      answers: fc.integer({ min: 0, max: 3 }),
      startsThatDie: fc.integer({ min: 0, max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'aggregator-dies' as const }) },
)

test('every attempt that was sent is one money event in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.nat(), async (steps, seed) => {
      const world = new World(seed)
      try {
        for (const next of steps) await world.take(next)
        const counted = await world.heal()
        expect(counted).toEqual({ requests: world.requests, nanoUsd: world.nanoUsd })
        await world.take({ type: 'time', ms: 40_000 })
        expect(world.usage()).toEqual(counted)
      } finally {
        world.end()
      }
    }),
    { numRuns: 40, endOnFailure: true, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
  )
})

/** A request whose last attempt is under way. */
interface Flying {
  readonly id: string
  readonly intents: Intent[]
  /** Records of attempts that have ended. */
  readonly ended: AttemptRecord[]
}

class World {
  readonly #clock = new ManualClock()
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'headgate-conservation-'))
  readonly #chance: Chance
  readonly #bus: FaultyBus
  #turns: (() => void)[] = []
  #proxy: { records: OpenRecords; stop: () => void }
  #aggregator: { ask: (query: unknown) => unknown; stop: () => void }
  #flying: Flying[] = []
  requests = 0
  /** The sum of what attempts cost, once nothing is under way. */
  nanoUsd = 0

  constructor(seed: number) {
    this.#chance = new Dice(seed).chance
    this.#bus = new FaultyBus(this.#chance)
    this.#aggregator = this.#bootAggregator()
    this.#proxy = this.#bootProxy(fileSystem)
  }

  async take(next: Step): Promise<void> {
    switch (next.type) {
      case 'sent':
        for (let i = 0; i < next.count; i++) this.#send({ id: `r${this.requests++}`, intents: [], ended: [] })
        return this.#proxy.records.journal?.write()
      case 'end':
        for (let i = 0; i < next.count; i++) this.#end(this.#flying.shift(), next.how)
        for (const run of this.#turns.splice(0)) run()
        return this.#maybeWrite()
      case 'time':
        return this.#pass(next.ms)
      case 'bus':
        this.#bus.foul = next.weather === 'foul'
        return
      case 'proxy-dies':
        return this.#killProxy(next)
      case 'aggregator-dies':
        this.#aggregator.stop()
        this.#aggregator = this.#bootAggregator()
    }
  }

  async heal(): Promise<ReturnType<World['usage']>> {
    this.#bus.foul = false
    await this.take({ type: 'end', how: 'answered', count: this.#flying.length })
    for (let i = 0; i < 60 && this.usage().requests < this.requests; i++) await this.#pass(1_500)
    return this.usage()
  }

  usage(): { requests: number; nanoUsd: number } {
    const { rows } = this.#aggregator.ask({ type: 'usage', groupBy: [] }) as { rows: Record<string, number>[] }
    const { requests = 0, costUsd = 0 } = rows[0] ?? {}
    return { requests, nanoUsd: Math.round(costUsd * 1e9) }
  }

  end(): void {
    this.#proxy.stop()
    this.#aggregator.stop()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }

  #amount(): number {
    return 1 + Math.floor(this.#chance() * 1e6)
  }

  #send(flying: Flying): void {
    const bound = this.#chance() < 0.1 ? undefined : 1_000_000 + this.#amount()
    const [first] = flying.intents
    const atMs = first?.facts.request.receivedAtMs ?? this.#clock.wallMs()
    const intent = testIntent({ id: flying.id, index: flying.intents.length, atMs, bound })
    flying.intents.push(intent)
    this.#flying.push(flying)
    this.#proxy.records.journal?.open(intent)
  }

  #end(flying: Flying | undefined, how: End): void {
    const intent = flying?.intents.at(-1)
    if (flying === undefined || intent === undefined) return
    const { bound = 0, index } = intent.facts
    const of = { requestId: flying.id, atMs: intent.facts.request.receivedAtMs, index }
    if (how === 'failed-and-retried') {
      intent.ended = sampleAttempt({ ...of, costNanoUsd: 0, outcome: 'http-error', upstreamStatus: 500 })
      flying.ended.push(intent.ended)
      this.#proxy.records.journal?.update(intent)
      this.#send(flying)
      this.#proxy.records.journal?.write()
      return
    }
    const costNanoUsd = how === 'timed-out' ? bound : this.#amount()
    const settlement = { answered: undefined, 'timed-out': 'bound', aborted: 'estimated' }[how] as undefined
    const attempts = [...flying.ended, sampleAttempt({ ...of, costNanoUsd, settlement })]
    const paid = () => {
      this.nanoUsd += costNanoUsd
    }
    const request = sampleRequest({ ...of, costNanoUsd, attempts: attempts.length })
    this.#proxy.records.sink.finish(request, attempts, paid, flying.intents)
  }

  /** The ends of intents are written a few milliseconds later: a kill may come before or after. */
  #maybeWrite(): void {
    if (this.#chance() < 0.5) this.#proxy.records.journal?.write()
  }

  #killProxy({ answers, startsThatDie }: { answers: number; startsThatDie: number }): void {
    const before = this.#flying
    this.#flying = before.slice(0, answers)
    for (const flying of [...this.#flying]) this.#end(flying, 'answered')
    // Their turn does not end. A batch that is full is written within a turn, and the records in it are as safe as others.
    this.#turns = []
    const recorded = this.#attemptsInSpool()
    for (const { id, intents } of before)
      this.nanoUsd += recorded.get(`${id} ${intents.length - 1}`) ?? intents.at(-1)?.facts.bound ?? 0
    this.#flying = []
    this.#proxy.stop()
    for (let i = 0; i < startsThatDie; i++) {
      const remove = () => {
        throw new Error('killed')
      }
      this.#bootProxy({ ...fileSystem, remove }).stop()
      this.#turns = []
    }
    this.#proxy = this.#bootProxy(fileSystem)
  }

  /** What attempts cost whose records are in the spool, by request and index. */
  #attemptsInSpool(): Map<string, number> {
    const folder = join(this.#dataDir, 'spool')
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    const batches = files.flatMap((file) =>
      scanBatches(file).batches.map(({ start, end }) => file.subarray(start, end)),
    )
    const records = batches.map(decodeBatch).flatMap((batch) => (batch.ok ? batch.value.records : []))
    const attempts = records.flatMap((decoded) => {
      if (decoded === undefined) return []
      return decoded.type === 'attempt' ? [decoded.record] : (decoded.attempt ?? [])
    })
    return new Map(attempts.map(({ requestId, index, costNanoUsd }) => [`${requestId} ${index}`, costNanoUsd]))
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.#clock.advance(Math.min(left, 250))
      this.#bus.deliver()
      // Real reads of the spool take turns of the real event loop.
      for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
    }
    await new Promise((resume) => setTimeout(resume, 1))
    this.#bus.deliver()
  }

  #bootProxy(disk: Disk): { records: OpenRecords; stop: () => void } {
    const clock = new MortalClock(this.#clock)
    this.#clock.advance(1)
    const bus = this.#bus.member()
    const records = openRecords({
      node: { name: 'proxy-1' },
      settings: { intents: 'on' },
      epoch: bootEpoch(clock, this.#chance),
      dataDir: this.#dataDir,
      bus,
      clock,
      disk,
      notify: () => {},
      spooling: {
        afterTurn: (run: () => void) => void this.#turns.push(run),
        bounds: { batchBytesMax: 1_500, segmentBytesMax: 5_000, spoolBytesMax: 1 << 20 },
      },
    })
    records.start()
    const stop = (): void => {
      clock.die()
      bus.close()
    }
    return { records, stop }
  }

  #bootAggregator(): { ask: (query: unknown) => unknown; stop: () => void } {
    const clock = new MortalClock(this.#clock)
    const bus = this.#bus.member()
    startAggregator({
      dataDir: this.#dataDir,
      bus,
      clock,
      notify: () => {},
      node: 'aggregator-1',
      ledgerKeys: [new Uint8Array(32)],
    })
    const ask = (query: unknown): unknown => decodeJson(bus.ask(encodeJson(query)))
    const stop = (): void => {
      clock.die()
      bus.close()
    }
    return { ask, stop }
  }
}
