// Secret fields of resources, sealed for their owner. What lies in the log, in snapshots and in backups is this text; it
// names the owner, so that whoever opens it needs to know nothing else.
import type { SealedSecret } from '../../shared/config/kinds.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { decrypt, encrypt } from './aead.ts'
import type { KeyStore, KeyStoreRefusal } from './key-store.ts'

export type SecretRefusal =
  | KeyStoreRefusal
  /** The owner was forgotten, or its key never reached this node. */
  | { type: 'key-missing'; owner: string }
  | { type: 'secret-damaged'; message: string }

export class SecretBox {
  readonly #keys: KeyStore

  constructor(keys: KeyStore) {
    this.#keys = keys
  }

  seal(owner: string, plain: string): Result<SealedSecret, KeyStoreRefusal> {
    const key = this.#keys.ensure(owner)
    if (!key.ok) return key
    const sealed = encrypt(key.value, Buffer.from(plain, 'utf8'), context(owner))
    const text = ['v1', Buffer.from(owner).toString('base64url'), sealed.toString('base64url')].join('.')
    // Four characters of a short secret would be half of it.
    return done({ $sealed: text, hint: plain.length >= hintFromLength ? plain.slice(-4) : '' })
  }

  open(secret: SealedSecret): Result<string, SecretRefusal> {
    const [version, ownerText, body, ...rest] = secret.$sealed.split('.')
    if (version !== 'v1' || ownerText === undefined || body === undefined || rest.length > 0) {
      return fail({ type: 'secret-damaged', message: 'not a sealed secret of a format that is known here' })
    }
    const owner = Buffer.from(ownerText, 'base64url').toString('utf8')
    const opened = this.#tryOpen(owner, body)
    if (!opened.ok || opened.value !== undefined) return opened as Result<string, SecretRefusal>
    // Another thread may have forgotten the owner and made it anew since its key was read.
    this.#keys.reload()
    const again = this.#tryOpen(owner, body)
    if (!again.ok || again.value !== undefined) return again as Result<string, SecretRefusal>
    return fail({ type: 'secret-damaged', message: `a secret of ${owner} does not open with its owner's key` })
  }

  /** Forgets every owner that `isNeeded` does not name; answers who they were. */
  forgetAllBut(isNeeded: (owner: string) => boolean): Result<string[], KeyStoreRefusal> {
    const owners = this.#keys.owners()
    if (!owners.ok) return owners
    const forgotten = owners.value.filter((owner) => !isNeeded(owner))
    for (const owner of forgotten) {
      const gone = this.#keys.forget(owner)
      if (!gone.ok) return gone
    }
    return done(forgotten)
  }

  #tryOpen(owner: string, body: string): Result<string | undefined, SecretRefusal> {
    const key = this.#keys.find(owner)
    if (!key.ok) return key
    if (key.value === undefined) return fail({ type: 'key-missing', owner })
    return done(decrypt(key.value, Buffer.from(body, 'base64url'), context(owner))?.toString('utf8'))
  }
}

const hintFromLength = 16

function context(owner: string): string {
  return `secret v1 ${owner}`
}
