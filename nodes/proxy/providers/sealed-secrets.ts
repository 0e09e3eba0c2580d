// The secrets of a configuration, opened for a compilation. In a cluster a data key may reach this node after the event that
// needs it; what could not be opened yet is compiled again when there are other keys than before.
import type { SecretBox } from '../../../cluster/secrets/secret-box.ts'
import type { SealedSecret } from '../../../shared/config/sealed-secret.ts'
import type { Notify } from '../../../shared/notice.ts'

export class SealedSecrets {
  readonly #box: Pick<SecretBox, 'open' | 'hasNewKeys'>
  readonly #notify: Notify
  readonly #unopened = new Set<string>()
  readonly #told = new Set<string>()

  constructor(box: Pick<SecretBox, 'open' | 'hasNewKeys'>, notify: Notify) {
    this.#box = box
    this.#notify = notify
  }

  /** Undefined: it does not open, now. */
  open(secret: SealedSecret): string | undefined {
    const opened = this.#box.open(secret)
    if (opened.ok) {
      this.#unopened.delete(secret.$sealed)
      return opened.value
    }
    this.#unopened.add(secret.$sealed)
    const { error } = opened
    const why = 'message' in error ? error.message : `the data key of ${error.owner} is not here`
    // Each of them once: a key that is lost for good is no news at every change.
    if (this.#told.size >= toldMax) this.#told.clear()
    if (!this.#told.has(secret.$sealed)) {
      this.#notify({ type: 'warning', message: `a sealed secret cannot be opened: ${why}` })
    }
    this.#told.add(secret.$sealed)
    return undefined
  }

  /** A new compilation begins. */
  begin(): void {
    this.#unopened.clear()
  }

  /** Whether something is worth being compiled again: it did not open, and there are other keys now. */
  mayOpenMore(): boolean {
    return this.#unopened.size > 0 && this.#box.hasNewKeys()
  }
}

const toldMax = 1_000
