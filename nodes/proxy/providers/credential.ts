// The credential of an attempt: header lines that never change, or lines that are signed for each request with a key or token
// that expires. A credential that the provider rejected is not used for a while as long as there are others. A rotated secret is
// another credential, without a history.
import assert from 'node:assert/strict'
import type { Chance } from '../../../shared/clock.ts'
import type { CredentialQuota, QuotaMemory } from '../quotas/quotas.ts'

export interface Credential {
  readonly name: string
  readonly weight: number
  /** Complete header lines, each with its CRLF. */
  readonly headerLines: string
  /** Makes further lines for one request. Returns undefined while there is no valid key or token. */
  readonly sign?: ((request: SignableRequest) => string | undefined) | undefined
  readonly health: CredentialHealth
  /** Names the secret without containing it: the same on every node. */
  readonly account?: string | undefined
  /** The limits that the operator declares. */
  readonly quota?: CredentialQuota | undefined
  /** Fetches a new key or token, because the upstream rejected the last one. */
  readonly renew?: (() => void) | undefined
}

export interface SignableRequest {
  readonly method: string
  readonly host: string
  /** Path with its query. */
  readonly path: string
  readonly body: readonly Uint8Array[]
  /** SHA-256 of the body in hexadecimal, where it is known. */
  readonly bodyHash?: string | undefined
}

/** How often in a row the provider rejected a credential, and what is known of its quotas. It outlives changes of the configuration. */
export interface CredentialHealth extends QuotaMemory {
  refusedUntilMs: number
  refusals: number
}

const backOffMsMin = 10_000
const backOffMsMax = 10 * 60_000

/** Called when the provider rejected the credential. The pause doubles with each rejection in a row. */
export function backOff(health: CredentialHealth, nowMs: number): void {
  health.refusals++
  health.refusedUntilMs = nowMs + Math.min(backOffMsMax, backOffMsMin * 2 ** (health.refusals - 1))
}

export function recovered(health: CredentialHealth): void {
  if (health.refusals === 0) return
  health.refusals = 0
  health.refusedUntilMs = 0
}

/** Returns undefined where no name is given, or the configuration no longer has the credential. */
export function credentialNamed(credentials: readonly Credential[], name: string | undefined): Credential | undefined {
  return name === undefined ? undefined : credentials.find((one) => one.name === name)
}

/** Draws a credential by weight among those that were not rejected lately, or among all where each was. */
export function drawCredential(credentials: readonly Credential[], nowMs: number, chance: Chance): Credential {
  const only = credentials[0]
  assert(only !== undefined, 'an attempt at a target without credentials')
  if (credentials.length === 1) return only
  let fit = credentials.filter(({ health }) => health.refusedUntilMs <= nowMs)
  if (fit.length === 0) fit = [...credentials]
  let left = chance() * fit.reduce((sum, { weight }) => sum + weight, 0)
  for (const credential of fit) {
    left -= credential.weight
    if (left < 0) return credential
  }
  return fit[fit.length - 1] ?? only
}

const credentialsMax = 10_000

export class CredentialHealthTable {
  readonly #credentialHealth = new Map<string, CredentialHealth>()

  /** `key` identifies the secret, so that a new secret under an old name begins without a history. */
  of(key: string): CredentialHealth {
    const known = this.#credentialHealth.get(key)
    if (known !== undefined) return known
    if (this.#credentialHealth.size >= credentialsMax) this.#credentialHealth.clear()
    const health = { refusedUntilMs: 0, refusals: 0 }
    this.#credentialHealth.set(key, health)
    return health
  }
}
