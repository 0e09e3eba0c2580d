// Ends what is open under a key that no longer holds, or in a session without time left: at each new configuration, and each second.
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import { keyError } from './key-error.ts'
import type { LiveRequests } from './live-requests.ts'

export interface KeyWatchOptions {
  readonly live: LiveRequests
  readonly clock: Clock
  snapshot(): Snapshot | { readonly type: string }
  /** Another error that ends an open request; undefined while it may go on. */
  endOf?(request: object): GatewayError | undefined
}

const lookMs = 1_000

export class KeyWatch {
  readonly #options: KeyWatchOptions
  #timer: Timer | undefined

  constructor(options: KeyWatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = this.#options.clock.every(lookMs, () => this.look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  look(): void {
    const { live, clock, snapshot, endOf } = this.#options
    const current = snapshot()
    if ('type' in current) return
    const wallMs = clock.wallMs()
    live.cut((one) => keyError(one, current, wallMs) ?? endOf?.(one.request))
  }
}
