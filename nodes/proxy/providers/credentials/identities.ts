// The renewed credentials of all providers, for as long as the configuration names them.
import type { Chance, Clock } from '../../../../shared/clock.ts'
import type { Notify } from '../../../../shared/notice.ts'
import { type AskIdentity, askIdentity } from './identity-http.ts'
import { type CredentialSource, RenewedCredential } from './renewed-credential.ts'

export interface IdentitiesOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly ask?: AskIdentity
}

interface Renewed {
  readonly key: string
  readonly credential: RenewedCredential<unknown>
}

export class Identities {
  readonly clock: Clock
  readonly environment: IdentitiesOptions['environment']
  readonly ask: AskIdentity
  readonly #options: IdentitiesOptions
  readonly #renewed = new Map<string, Renewed>()
  #starting: Promise<void>[] = []

  constructor(options: IdentitiesOptions) {
    this.#options = options
    this.clock = options.clock
    this.environment = options.environment
    this.ask = options.ask ?? askIdentity
  }

  /** Returns the renewed credential of a place. `key` identifies its configuration: with the same key the running one is
   *  returned, with another key it is replaced. */
  keep<Value>(
    place: { provider: string; credential: string },
    key: string,
    source: CredentialSource<Value>,
  ): RenewedCredential<Value> {
    const name = `${place.provider}/${place.credential}`
    const known = this.#renewed.get(name)
    if (known?.key === key) return known.credential as RenewedCredential<Value>
    known?.credential.stop()
    const { clock, chance, notify } = this.#options
    const credential = new RenewedCredential<Value>({
      source,
      clock,
      chance,
      onError: ({ message }) => notify({ type: 'identity-unavailable', ...place, message }),
    })
    this.#renewed.set(name, { key, credential: credential as RenewedCredential<unknown> })
    this.#starting.push(credential.start())
    return credential
  }

  /** Stops the credentials of a provider that are not in `used`. */
  release(provider: string, used: ReadonlySet<string>): void {
    for (const [name, { credential }] of this.#renewed) {
      if (!name.startsWith(`${provider}/`) || used.has(name.slice(provider.length + 1))) continue
      credential.stop()
      this.#renewed.delete(name)
    }
  }

  /** Resolves when each has been fetched once or failed, so that a start can wait for them. */
  async settled(): Promise<void> {
    await Promise.all(this.#starting.splice(0))
  }

  /** The same, and no longer than `ms`. */
  settledWithin(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.after(ms, resolve)
      void this.settled().then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  stop(): void {
    for (const { credential } of this.#renewed.values()) credential.stop()
    this.#renewed.clear()
  }
}
