// A model of the message server of the cluster; one or three machines count as one. It may be down, stand still and do
// everything later, or have no leader for its streams for seconds. A full disk wedges it: writes are never answered
// again, and no error says why, until the server is restarted (measured on nats-server 2.9.10).
import type { Timer } from '../../../shared/clock.ts'
import type { NatsLinkStatus } from '../../nats/nats-link.ts'
import type { Dice } from '../engine/dice.ts'
import type { Life } from '../engine/life.ts'
import type { Timeline } from '../engine/timeline.ts'

export type ServerHealth = 'well' | 'down' | 'paused' | 'leaderless' | 'wedged'

/** The kind of a request. Core messages need no stream. */
export type Purpose = 'message' | 'read' | 'write'

/** The faults of the network: probabilities for each message on each way. */
export interface Weather {
  lost: number
  /** The probability that only the answer is lost: the request was carried out. */
  answersLost: number
  /** The probability of a delay of up to `delayMsMax`, which reorders messages. */
  delayed: number
  delayMsMax: number
  repeated: number
}

export const fairWeather: Weather = { lost: 0, answersLost: 0, delayed: 0, delayMsMax: 0, repeated: 0 }

export class SimulatedServer {
  readonly timeline: Timeline
  readonly #dice: Dice
  readonly #links = new Set<ServerLink>()
  #health: ServerHealth = 'well'
  #parked: (() => void)[] = []
  weather: Weather = fairWeather

  constructor(timeline: Timeline, dice: Dice) {
    this.timeline = timeline
    this.#dice = dice
  }

  get health(): ServerHealth {
    return this.#health
  }

  set health(health: ServerHealth) {
    this.#health = health
    if (health === 'down') this.#parked = []
    else if (health !== 'paused') for (const act of this.#parked.splice(0)) act()
    for (const link of this.#links) link.refresh()
  }

  connect(life: Life, dice: Dice): ServerLink {
    const link: ServerLink = new ServerLink({ server: this, life, dice })
    for (const old of this.#links) if (old.isOver) this.#links.delete(old)
    this.#links.add(link)
    return link
  }

  /** Runs `act` when the server gets to the request, if ever. */
  take(purpose: Purpose, act: () => void): void {
    if (this.#health === 'down') return
    if (this.#health === 'paused') this.#parked.push(() => this.take(purpose, act))
    else if (this.#health === 'leaderless' && purpose !== 'message') return
    else if (this.#health === 'wedged' && purpose === 'write') return
    else act()
  }

  /** Notifies all links that something was stored, unless the network loses it. */
  wakeAll(): void {
    for (const link of this.#links) link.wake()
  }

  /** Delivers a message later: once, never, or twice. In fair weather a way keeps the order of its messages. */
  travel(way: Way, arrive: () => void, { isOutside = false, extraLoss = 0 } = {}): void {
    const { lost, delayed, delayMsMax, repeated } = this.weather
    const { nowMs } = this.timeline
    if (this.#dice.happens(lost + extraLoss)) return
    const times = this.#dice.happens(repeated) ? 2 : 1
    for (let time = 0; time < times; time++) {
      const isLate = this.#dice.happens(delayed)
      const atMs = isLate
        ? nowMs + this.#dice.between(5, delayMsMax)
        : Math.max(way.atMs, nowMs + 1 + this.#dice.chance())
      if (!isLate) way.atMs = atMs
      if (isOutside) this.timeline.afterOutside(atMs - nowMs, arrive)
      else this.timeline.after(atMs - nowMs, arrive)
    }
  }
}

/** One direction of a link: the time at which the last message arrives. */
interface Way {
  atMs: number
}

interface LinkOptions {
  server: SimulatedServer
  life: Life
  dice: Dice
}

export type Answer<Value> = { type: 'answered'; value: Value } | { type: 'silent' } | { type: 'away' }

/** The connection of one process. A cut shows after a while, because pings go unanswered; the reconnect shows
 *  sooner. */
export class ServerLink {
  readonly #options: LinkOptions
  readonly #changed = new Set<(isConnected: boolean) => void>()
  readonly #wakes = new Set<() => void>()
  readonly #out: Way = { atMs: 0 }
  readonly #back: Way = { atMs: 0 }
  #isCut = false
  #isConnected: boolean
  #sinceMs: number
  #refreshing: Timer | undefined
  #asking = 0

  constructor(options: LinkOptions) {
    this.#options = options
    this.#isConnected = this.#isReachable
    this.#sinceMs = options.server.timeline.nowMs
  }

  get isOver(): boolean {
    return this.#options.life.isOver
  }

  get status(): NatsLinkStatus {
    const forMs = this.#options.server.timeline.nowMs - this.#sinceMs
    return { isConnected: this.#isConnected, forMs, reconnects: 0, trouble: undefined }
  }

  /** The number of requests without an answer yet. */
  get asking(): number {
    return this.#asking
  }

  set isCut(isCut: boolean) {
    this.#isCut = isCut
    this.refresh()
  }

  onChange(changed: (isConnected: boolean) => void): { stop(): void } {
    this.#changed.add(changed)
    return { stop: () => this.#changed.delete(changed) }
  }

  /** Notices a change of the connection, as late as a client does. */
  refresh(): void {
    this.#refreshing?.cancel()
    const { server, life, dice } = this.#options
    if (this.#isReachable === this.#isConnected) return
    const isTold = server.health === 'down' && !this.#isCut
    const ms = this.#isReachable ? dice.between(250, 500) : isTold ? 1 : dice.between(1_400, 2_800)
    this.#refreshing = server.timeline.after(ms, () => life.reach(() => this.#notice()))
  }

  /** Sends a request. An answer that is late counts as silence; the request may still be carried out later. */
  ask<Value>(purpose: Purpose, act: () => Value): Promise<Answer<Value>> {
    const { server, life } = this.#options
    if (!this.#isConnected) return Promise.resolve({ type: 'away' })
    return new Promise((resolve) => {
      this.#asking++
      const timer = server.timeline.after(askMsMax, () => life.reach(() => settle({ type: 'silent' })))
      let isSettled = false
      const settle = (answer: Answer<Value>): void => {
        if (isSettled) return
        isSettled = true
        this.#asking--
        timer.cancel()
        resolve(answer)
      }
      this.toServer(purpose, () => {
        const value = act()
        this.fromServer(() => settle({ type: 'answered', value }), server.weather.answersLost)
      })
    })
  }

  toServer(purpose: Purpose, act: () => void): void {
    const { server } = this.#options
    if (!this.#isConnected) return
    const arrive = (): void => {
      if (!this.#isCut) server.take(purpose, act)
    }
    server.travel(this.#out, arrive, { isOutside: true })
  }

  fromServer(act: () => void, extraLoss = 0): void {
    const { server, life } = this.#options
    const arrive = (): void => {
      if (!this.#isCut && server.health !== 'down') life.reach(act)
    }
    server.travel(this.#back, arrive, { extraLoss })
  }

  /** Calls `wake` when something was stored: a hint. */
  onWake(wake: () => void): { stop(): void } {
    this.#wakes.add(wake)
    return { stop: () => this.#wakes.delete(wake) }
  }

  wake(): void {
    this.fromServer(() => {
      for (const wake of this.#wakes) wake()
    })
  }

  get #isReachable(): boolean {
    const { health } = this.#options.server
    return !this.#isCut && health !== 'down' && health !== 'paused'
  }

  #notice(): void {
    if (this.#isReachable === this.#isConnected) return
    this.#isConnected = this.#isReachable
    this.#sinceMs = this.#options.server.timeline.nowMs
    for (const changed of this.#changed) changed(this.#isConnected)
  }
}

const askMsMax = 2_000
