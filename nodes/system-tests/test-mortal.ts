// What one process of a cluster has of its surroundings, and loses when it dies: a clock and a place on the network.
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { ManualClock } from '../../shared/clock.ts'

/** The clock of one process: when that dies, its timers fire no more. */
export class MortalClock extends ManualClock {
  readonly #clock: ManualClock
  readonly #missed: (() => void)[] = []
  #dead = false

  constructor(clock: ManualClock) {
    super()
    this.#clock = clock
  }

  die(): void {
    this.#dead = true
  }

  /** Runs the timers that were missed, so that the process can be tidied up. */
  revive(): void {
    this.#dead = false
    for (const run of this.#missed.splice(0)) run()
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
    return this.#clock.every(ms, () => {
      if (!this.#dead) run()
    })
  }

  #alive(run: () => void): void {
    if (this.#dead) this.#missed.push(run)
    else run()
  }
}

/** One process's place on the network: with the process all that it said and served is gone. */
export class MemberBus extends LocalBus {
  readonly #network: LocalBus
  readonly #serving = new Map<string, (payload: Uint8Array) => Promise<Uint8Array> | Uint8Array>()
  readonly #subscriptions: { stop(): void }[] = []
  #dead = false

  constructor(network: LocalBus) {
    super()
    this.#network = network
  }

  die(): void {
    this.#dead = true
    for (const subscription of this.#subscriptions) subscription.stop()
  }

  askOwn(subject: string, query: Uint8Array): Uint8Array {
    return this.#serving.get(subject)!(query) as Uint8Array
  }

  override publish(subject: string, payload: Uint8Array): void {
    if (!this.#dead) this.#network.publish(subject, payload)
  }

  override subscribe(...args: Parameters<LocalBus['subscribe']>) {
    const subscription = this.#network.subscribe(...args)
    this.#subscriptions.push(subscription)
    return subscription
  }

  override serve(...[subject, answer]: Parameters<LocalBus['serve']>) {
    this.#serving.set(subject, answer)
    const serving = this.#network.serve(subject, answer)
    this.#subscriptions.push(serving)
    return serving
  }
}
