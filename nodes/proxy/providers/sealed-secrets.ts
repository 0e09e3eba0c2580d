// Decrypts the secrets of a configuration while it is compiled. In a cluster a data key may reach this node after the event that
// needs it; secrets that could not be decrypted are tried again when new keys have arrived.
import type { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Trouble } from '../../../shared/readiness.ts'

export class SealedSecrets {
  readonly #box: Pick<SecretBox, 'open' | 'hasNewKeys' | 'troubles'>
  readonly #notify: Notify
  readonly #unopened = new Set<string>()
  readonly #reported = new Set<string>()

  constructor(box: Pick<SecretBox, 'open' | 'hasNewKeys' | 'troubles'>, notify: Notify) {
    this.#box = box
    this.#notify = notify
  }

  /** Returns undefined for a secret that cannot be decrypted now. */
  open(secret: SealedSecret): string | undefined {
    const opened = this.#box.open(secret)
    if (opened.ok) {
      this.#unopened.delete(secret.$sealed)
      return opened.value
    }
    this.#unopened.add(secret.$sealed)
    const { error } = opened
    const why = 'message' in error ? error.message : `the data key of ${error.owner} is not here`
    // Each secret is reported once, and not again at every change of the configuration.
    if (this.#reported.size >= reportedMax) this.#reported.clear()
    if (!this.#reported.has(secret.$sealed)) {
      this.#notify({ type: 'warning', message: `a sealed secret cannot be opened: ${why}` })
    }
    this.#reported.add(secret.$sealed)
    return undefined
  }

  troubles(): Trouble[] {
    return this.#box.troubles()
  }

  /** Called when a compilation begins. */
  begin(): void {
    this.#unopened.clear()
  }

  /** Whether another compilation may decrypt more: a secret could not be decrypted, and new keys have arrived. */
  mayOpenMore(): boolean {
    return this.#unopened.size > 0 && this.#box.hasNewKeys()
  }
}

const reportedMax = 1_000
