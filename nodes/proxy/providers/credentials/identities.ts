// The identities of all providers, kept fresh as long as the configuration names them.
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

interface Kept {
  readonly key: string
  readonly credential: RenewedCredential<unknown>
}

export class Identities {
  readonly clock: Clock
  readonly environment: IdentitiesOptions['environment']
  readonly ask: AskIdentity
  readonly #options: IdentitiesOptions
  readonly #kept = new Map<string, Kept>()
  #starting: Promise<void>[] = []

  constructor(options: IdentitiesOptions) {
    this.#options = options
    this.clock = options.clock
    this.environment = options.environment
    this.ask = options.ask ?? askIdentity
  }

  /** `key` says what it is made of: the same one again goes on with what it has, another one takes its place. */
  keep<Value>(
    place: { provider: string; credential: string },
    key: string,
    source: CredentialSource<Value>,
  ): RenewedCredential<Value> {
    const name = `${place.provider}/${place.credential}`
    const known = this.#kept.get(name)
    if (known?.key === key) return known.credential as RenewedCredential<Value>
    known?.credential.stop()
    const { clock, chance, notify } = this.#options
    const credential = new RenewedCredential<Value>({
      ...{ source, clock, chance },
      onError: ({ message }) => notify({ type: 'identity-unavailable', ...place, message }),
    })
    this.#kept.set(name, { key, credential: credential as RenewedCredential<unknown> })
    this.#starting.push(credential.start())
    return credential
  }

  /** Those of a provider that its new configuration no longer names. */
  release(provider: string, used: ReadonlySet<string>): void {
    for (const [name, { credential }] of this.#kept) {
      if (!name.startsWith(`${provider}/`) || used.has(name.slice(provider.length + 1))) continue
      credential.stop()
      this.#kept.delete(name)
    }
  }

  /** Until each has been asked for once: for a start that wants to serve at once. */
  async settled(): Promise<void> {
    await Promise.all(this.#starting.splice(0))
  }

  stop(): void {
    for (const { credential } of this.#kept.values()) credential.stop()
    this.#kept.clear()
  }
}
