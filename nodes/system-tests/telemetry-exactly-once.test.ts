// The whole way of a usage record, from the proxy that writes it to the sum that the admin API shows, while both die at
// any moment and the bus loses, repeats and reorders what it carries. Every answer whose end was let go is counted once.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Bus, Subscription } from '../../cluster/bus/bus.ts'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { type Chance, ManualClock } from '../../shared/clock.ts'
import { fail } from '../../shared/result.ts'
import { sampleAttempt, sampleRequest } from '../../shared/telemetry/arbitrary-records.ts'
import { startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'

type Step =
  | { type: 'answers'; count: number }
  | { type: 'time'; ms: number }
  | { type: 'bus'; weather: 'fair' | 'foul' }
  | { type: 'proxy-dies' }
  | { type: 'aggregator-dies' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('answers' as const), count: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('bus' as const), weather: fc.constantFrom('fair', 'foul') }) },
  { weight: 1, arbitrary: fc.constant({ type: 'proxy-dies' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'aggregator-dies' as const }) },
)

test('whatever dies and whatever the bus does, every answered request is counted exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), fc.nat(), async (steps, seed) => {
      const world = new World(seed)
      try {
        for (const next of steps) await world.take(next)
        const counted = await world.heal()
        expect(counted).toEqual({ requests: world.answered, inputTokens: world.tokens, costUsd: world.tokens / 1e9 })
        // Nothing that comes later changes it.
        await world.take({ type: 'time', ms: 40_000 })
        expect(world.usage()).toEqual(counted)
      } finally {
        world.end()
      }
    }),
    { numRuns: 25, endOnFailure: true, interruptAfterTimeLimit: 12_000, markInterruptAsFailure: false },
  )
})

test('while the proxy lives, a spool that is too small for what waits loses nothing either', async () => {
  const steps = fc.array(
    step.filter(({ type }) => type !== 'proxy-dies'),
    { minLength: 5, maxLength: 25 },
  )
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), fc.integer({ min: 0, max: 6_000 }), async (list, seed, spoolBytesMax) => {
      const world = new World(seed, spoolBytesMax)
      try {
        for (const next of list) await world.take(next)
        expect((await world.heal()).requests).toBe(world.answered)
      } finally {
        world.end()
      }
    }),
    { numRuns: 15, endOnFailure: true, interruptAfterTimeLimit: 6_000, markInterruptAsFailure: false },
  )
})

test('an aggregator that lost its database takes what proxies still hold, and goes on from there', async () => {
  const world = new World(1)
  try {
    await world.take({ type: 'answers', count: 30 })
    expect((await world.heal()).requests).toBe(30)
    world.loseDatabase()
    await world.take({ type: 'answers', count: 12 })
    await world.take({ type: 'time', ms: 2_000 })
    await world.take({ type: 'time', ms: 2_000 })
    // The thirty were confirmed and deleted, or are still in the segment that the proxy holds.
    expect([12, 42]).toContain(world.usage().requests)
  } finally {
    world.end()
  }
})

interface ProxyNode {
  recorder: Recorder
  stop: () => void
}

interface AggregatorNode {
  ask: (query: unknown) => unknown
  stop: () => void
}

class World {
  readonly clock = new ManualClock()
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'headgate-exactly-once-'))
  readonly #spoolBytesMax: number
  readonly #chance: Chance
  readonly #bus: FaultyBus
  #turns: (() => void)[] = []
  #proxy: ProxyNode
  #aggregator: AggregatorNode
  answered = 0
  tokens = 0

  constructor(seed: number, spoolBytesMax = 1 << 20) {
    this.#spoolBytesMax = spoolBytesMax
    this.#chance = chanceOf(seed)
    this.#bus = new FaultyBus(this.#chance)
    this.#aggregator = this.#bootAggregator()
    this.#proxy = this.#bootProxy()
  }

  async take(next: Step): Promise<void> {
    switch (next.type) {
      case 'answers':
        return this.#answer(next.count)
      case 'time':
        return this.#pass(next.ms)
      case 'bus':
        this.#bus.foul = next.weather === 'foul'
        return
      case 'proxy-dies':
        this.#proxy.stop()
        this.#proxy = this.#bootProxy()
        return
      case 'aggregator-dies':
        this.#aggregator.stop()
        this.#aggregator = this.#bootAggregator()
    }
  }

  loseDatabase(): void {
    this.#aggregator.stop()
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(this.#dataDir, `usage.sqlite${suffix}`), { force: true })
    this.#aggregator = this.#bootAggregator()
  }

  async heal(): Promise<ReturnType<World['usage']>> {
    this.#bus.foul = false
    for (let i = 0; i < 60 && this.usage().requests < this.answered; i++) await this.#pass(1_500)
    return this.usage()
  }

  usage(): { requests: number; inputTokens: number; costUsd: number } {
    const { rows } = this.#aggregator.ask({ type: 'usage', groupBy: [] }) as { rows: Record<string, number>[] }
    const { requests = 0, inputTokens = 0, costUsd = 0 } = rows[0] ?? {}
    return { requests, inputTokens, costUsd }
  }

  end(): void {
    this.#proxy.stop()
    this.#aggregator.stop()
    rmSync(this.#dataDir, { recursive: true, force: true })
  }

  #answer(count: number): void {
    for (let i = 0; i < count; i++) {
      const requestId = `request-${this.answered + i}`
      const input = 1 + Math.floor(this.#chance() * 50)
      const paid = { requestId, tokens: { input, output: 1, cached: 0 }, costNanoUsd: input }
      const attempts = [sampleAttempt(paid)]
      if (this.#chance() < 0.2) attempts.unshift(sampleAttempt({ requestId, outcome: 'timeout', costNanoUsd: 0 }))
      this.#proxy.recorder.finish(sampleRequest({ ...paid, attempts: attempts.length }), attempts, () => {
        this.answered++
        this.tokens += input
      })
    }
    for (const run of this.#turns.splice(0)) run()
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 250) {
      this.clock.advance(Math.min(left, 250))
      this.#bus.deliver()
      // Real reads of the spool take turns of the real event loop.
      for (let i = 0; i < 3; i++) await new Promise((resume) => setImmediate(resume))
    }
    await new Promise((resume) => setTimeout(resume, 1))
    this.#bus.deliver()
  }

  #bootProxy(): ProxyNode {
    const clock = new MortalClock(this.clock)
    const bus = this.#bus.member()
    const recorder = new Recorder({
      node: 'proxy-1',
      epoch: bootEpoch(clock, this.#chance),
      dataDir: this.#dataDir,
      bus,
      clock,
      notify: () => {},
      afterTurn: (run: () => void) => void this.#turns.push(run),
      bounds: { batchBytesMax: 1_500, segmentBytesMax: 5_000, spoolBytesMax: this.#spoolBytesMax },
    })
    recorder.start()
    const stop = (): void => {
      clock.die()
      bus.close()
    }
    return { recorder, stop }
  }

  #bootAggregator(): AggregatorNode {
    const clock = new MortalClock(this.clock)
    const bus = this.#bus.member()
    startAggregator({ dataDir: this.#dataDir, bus, clock, notify: () => {}, node: 'aggregator-1' })
    const ask = (query: unknown): unknown => decodeJson(bus.ask(encodeJson(query)))
    const stop = (): void => {
      clock.die()
      bus.close()
    }
    return { ask, stop }
  }
}

/** The clock of one process: when that dies, its timers never fire again. */
class MortalClock extends ManualClock {
  readonly #clock: ManualClock
  #dead = false

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }

  die(): void {
    this.#dead = true
  }

  override wallMs(): number {
    return this.#clock.wallMs()
  }

  override monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  override after(ms: number, run: () => void) {
    return this.#clock.after(ms, () => this.#alive(run))
  }

  override every(ms: number, run: () => void) {
    return this.#clock.every(ms, () => this.#alive(run))
  }

  #alive(run: () => void): void {
    if (!this.#dead) run()
  }
}

type Receive = (payload: Uint8Array, subject: string) => void

class FaultyBus {
  readonly #chance: Chance
  readonly #members = new Set<Member>()
  #queue: { subject: string; payload: Uint8Array }[] = []
  foul = false

  constructor(chance: Chance) {
    this.#chance = chance
  }

  member(): Member {
    const member = new Member(
      (subject, payload) => void this.#queue.push({ subject, payload: payload.slice() }),
      () => void this.#members.delete(member),
    )
    this.#members.add(member)
    return member
  }

  deliver(): void {
    const queue = this.#queue
    this.#queue = []
    if (this.foul) queue.sort(() => this.#chance() - 0.5)
    for (const message of queue) {
      const luck = this.foul ? this.#chance() : 1
      if (luck < 0.25) continue
      if (luck < 0.4) this.#queue.push(message)
      else this.#give(message)
      if (luck < 0.6) this.#give(message)
    }
  }

  #give({ subject, payload }: { subject: string; payload: Uint8Array }): void {
    for (const member of this.#members) member.receive(subject, payload.slice())
  }
}

class Member implements Bus {
  readonly #send: (subject: string, payload: Uint8Array) => void
  readonly #leave: () => void
  readonly #receivers = new Map<string, Receive>()
  readonly #answers = new Map<string, (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array>()
  #left = false

  constructor(send: (subject: string, payload: Uint8Array) => void, leave: () => void) {
    this.#send = send
    this.#leave = leave
  }

  publish(subject: string, payload: Uint8Array): void {
    if (!this.#left) this.#send(subject, payload)
  }

  subscribe(subject: string, receive: Receive): Subscription {
    this.#receivers.set(subject, receive)
    return { stop: () => void this.#receivers.delete(subject) }
  }

  async request(subject: string) {
    return fail({ type: 'no-answer' as const, subject, afterMs: 0 })
  }

  serve(subject: string, answer: (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array): Subscription {
    this.#answers.set(subject, answer)
    return { stop: () => void this.#answers.delete(subject) }
  }

  close(): void {
    this.#left = true
    this.#leave()
  }

  receive(subject: string, payload: Uint8Array): void {
    this.#receivers.get(subject)?.(payload, subject)
  }

  ask(query: Uint8Array): Uint8Array {
    const answer = this.#answers.get(subjects.aggregatorQuery)?.(query)
    if (!(answer instanceof Uint8Array)) throw new Error(`${subjects.aggregatorQuery} is not served at once`)
    return answer
  }
}

/** mulberry32 */
function chanceOf(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
