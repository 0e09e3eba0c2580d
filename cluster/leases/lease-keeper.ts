// Runs the candidates of this node: carries out the step that each of them asks for, and tells it the outcome.
import type { Clock, Timer } from '../../shared/clock.ts'
import { Lease, type LeaseStep, type LeaseWish } from './lease.ts'
import type { LeaseStore } from './lease-store.ts'

export interface LeaseKeeperOptions {
  store: LeaseStore
  clock: Clock
  /** The id of this boot of this node; it is unique. */
  owner: string
}

export interface LeaseHandle {
  /** The epoch under which this node may act now; undefined while it may not. */
  readonly epoch: number | undefined
  wish(wish: LeaseWish): void
  /** Reports an epoch of this lease that another node announced. */
  hear(epoch: number): void
  /** How long the lease has not been written, as far as was seen. */
  readonly unchangedMs: number
}

const tickMs = 100

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  readonly #leases = new Map<string, Lease>()
  #timer: Timer | undefined

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = this.#options.clock.every(tickMs, () => this.#tick())
  }

  lease(name: string): LeaseHandle {
    const { clock, owner } = this.#options
    const lease = this.#leases.get(name) ?? new Lease(owner)
    this.#leases.set(name, lease)
    return {
      get epoch() {
        return lease.holds(clock.monotonicMs())
      },
      wish: (wish) => lease.wish(wish),
      hear: (epoch) => lease.hear(epoch),
      get unchangedMs() {
        return lease.unchangedMs(clock.monotonicMs())
      },
    }
  }

  /** Releases the held leases, so that other nodes need not wait. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    await Promise.all(
      [...this.#leases].map(async ([name, lease]) => {
        lease.wish('ignore')
        await this.#go(name, lease)
      }),
    )
  }

  #tick(): void {
    for (const [name, lease] of this.#leases) void this.#go(name, lease)
  }

  async #go(name: string, lease: Lease): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      const step = lease.next(clock.monotonicMs(), clock.wallMs())
      if (step === undefined) return
      await this.#take(name, lease, step)
    }
  }

  async #take(name: string, lease: Lease, step: LeaseStep): Promise<void> {
    const { store, clock } = this.#options
    if (step.type === 'read') {
      const record = await store.read(name)
      if (record.ok) lease.onRead(record.value, clock.monotonicMs())
      else lease.onReadFailed(clock.monotonicMs())
      return
    }
    const written = await store.write(name, step.value, step.expected)
    if (written.ok) lease.onWritten({ type: 'stored', sequence: written.value }, clock.monotonicMs())
    else lease.onWritten({ type: written.error.type === 'refused' ? 'refused' : 'unknown' }, clock.monotonicMs())
  }
}
