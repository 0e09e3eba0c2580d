// Virtual keys. They are issued and never written by name, so they are no kind of resource and no part of a document.
import type { Priority } from '../kinds/owners/spec.ts'
import type { SealedSecret } from '../sealed-secret.ts'

export type KeyOwner = { team: string } | { user: string } | { app: string }

/** A virtual key as stored: the token itself is never kept. */
export interface KeyRecord {
  id: string
  name: string
  owner: KeyOwner
  /** Hex SHA-256 of the whole token. */
  tokenHash: string
  /** First characters of the token, for people to tell keys apart. */
  prefix: string
  models?: string[]
  /** ISO 8601. */
  expiresAt?: string
  metadata?: Record<string, string>
  /** The part in a provider's quota while others wait for it too. The key then waits apart from its team. */
  weight?: number
  priority?: Priority
  createdAt: string
  /** The old token's hash, which counts for a while after a rotation. */
  previous?: { tokenHash: string; until: string }
  /** The demo key alone: its token, so that later starts can print it again. */
  sealedToken?: SealedSecret
}
