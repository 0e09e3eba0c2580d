// Seals secret fields of resources for their owner. The log, snapshots and backups contain the sealed text; it names
// the owner, so that nothing else is needed to open it.
import type { SealedSecret } from '../../shared/config/sealed-secret.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { decrypt, encrypt } from './aead.ts'
import { maySeal } from './key-life.ts'
import type { KeyStore, KeyStoreRefusal, KeyUse } from './key-store.ts'

export type SecretRefusal =
  | KeyStoreRefusal
  /** The owner was forgotten, or its key has not reached this node yet. */
  | { type: 'key-missing'; owner: string }
  | { type: 'secret-damaged'; message: string }

export class SecretBox {
  readonly #keys: KeyStore

  constructor(keys: KeyStore) {
    this.#keys = keys
  }

  /** Ensures that each owner has a key to seal with. */
  async prepare(uses: ReadonlyMap<string, KeyUse>): Promise<Result<undefined, KeyStoreRefusal>> {
    for (const [owner, use] of uses) {
      const key = await this.#keys.ensure(owner, use)
      if (!key.ok) return key
    }
    return done(undefined)
  }

  /** Seals a text. `key-missing`: there is no key that this use may seal with; call `prepare` first. */
  seal(owner: string, plain: string, use: KeyUse): Result<SealedSecret, SecretRefusal> {
    const key = this.#keys.find(owner)
    // A damaged key seals nothing more: a new one takes its place.
    if (!key.ok && key.error.type === 'key-damaged') return fail({ type: 'key-missing', owner })
    if (!key.ok) return key
    if (key.value === undefined || !maySeal(key.value, use)) return fail({ type: 'key-missing', owner })
    const sealed = encrypt(key.value.bytes, Buffer.from(plain, 'utf8'), context(owner))
    const text = ['v1', Buffer.from(owner).toString('base64url'), sealed.toString('base64url')].join('.')
    return done({ $sealed: text, hint: hintOf(plain) })
  }

  open(secret: SealedSecret): Result<string, SecretRefusal> {
    const [version, ownerText, body, ...rest] = secret.$sealed.split('.')
    if (version !== 'v1' || ownerText === undefined || body === undefined || rest.length > 0) {
      return fail({ type: 'secret-damaged', message: 'not a sealed secret of a format that is known here' })
    }
    const owner = Buffer.from(ownerText, 'base64url').toString('utf8')
    const opened = this.#tryOpen(owner, body)
    if (!opened.ok || opened.value !== undefined) return opened as Result<string, SecretRefusal>
    // Another thread may have forgotten the owner and made a new key since the key was read.
    this.#keys.reload()
    const again = this.#tryOpen(owner, body)
    if (!again.ok || again.value !== undefined) return again as Result<string, SecretRefusal>
    return fail({ type: 'secret-damaged', message: `a secret of ${owner} does not open with its owner's key` })
  }

  /** Returns whether others may have written keys since this node last read them. */
  hasNewKeys(): boolean {
    return this.#keys.reload()
  }

  troubles(): Trouble[] {
    return this.#keys.troubles()
  }

  /** Forgets every owner that `isNeeded` does not accept, judged by the state at `revision`. Returns the forgotten
   *  owners. */
  async forgetAllBut(
    isNeeded: (owner: string) => boolean,
    revision: number,
  ): Promise<Result<string[], KeyStoreRefusal>> {
    const owners = this.#keys.owners()
    if (!owners.ok) return owners
    const forgotten: string[] = []
    for (const owner of owners.value.filter((owner) => !isNeeded(owner))) {
      const gone = await this.#keys.forget(owner, revision)
      if (!gone.ok) return gone
      if (gone.value) forgotten.push(owner)
    }
    return done(forgotten)
  }

  #tryOpen(owner: string, body: string): Result<string | undefined, SecretRefusal> {
    const key = this.#keys.find(owner)
    if (!key.ok) return key
    if (key.value === undefined) return fail({ type: 'key-missing', owner })
    return done(decrypt(key.value.bytes, Buffer.from(body, 'base64url'), context(owner))?.toString('utf8'))
  }
}

/** Returns the last characters of a secret as a hint. A short secret gets none: four characters would be half of it. */
export function hintOf(plain: string): string {
  return plain.length >= 16 ? plain.slice(-4) : ''
}

function context(owner: string): string {
  return `secret v1 ${owner}`
}
