// Who may read the metrics: everybody, or the holder of a token. Tokens are compared by their SHA-256, so that the time of
// an answer tells neither their length nor a matching beginning.
import { createHash, timingSafeEqual } from 'node:crypto'

export class MetricsAccess {
  readonly #hash: Buffer | undefined

  /** The token that a reader of `/metrics` must show. Undefined: none is needed. */
  constructor(token: string | undefined) {
    this.#hash = token === undefined ? undefined : hashOf(token)
  }

  /** `authorization` is the value of that header. */
  allows(authorization: string | undefined): boolean {
    if (this.#hash === undefined) return true
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    return token !== undefined && timingSafeEqual(hashOf(token), this.#hash)
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
