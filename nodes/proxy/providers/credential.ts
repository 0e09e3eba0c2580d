// What a provider is shown to let us in: a header that never changes, or a proof that is made anew for each request from
// something that expires. A credential that was refused steps aside for a while and leaves the work to its siblings; a
// rotated one is another credential, with a clean record.
import assert from 'node:assert/strict'
import type { Chance } from '../../../shared/clock.ts'

export interface Credential {
  readonly name: string
  readonly weight: number
  /** Complete header lines, each with its CRLF. */
  readonly headerLines: string
  /** Further lines, for this request alone; undefined while there is nothing to prove it with. */
  readonly sign?: ((request: SignableRequest) => string | undefined) | undefined
  readonly health: CredentialHealth
  /** Fetches what expires anew, because the upstream refused it. */
  readonly renew?: (() => void) | undefined
}

export interface SignableRequest {
  readonly method: string
  readonly host: string
  /** With its query. */
  readonly path: string
  readonly body: readonly Uint8Array[]
}

/** Outlives changes of the configuration. */
export interface CredentialHealth {
  refusedUntilMs: number
  refusals: number
}

const backOffMsMin = 10_000
const backOffMsMax = 10 * 60_000

/** Longer each time that it is refused again. */
export function backOff(health: CredentialHealth, nowMs: number): void {
  health.refusals++
  health.refusedUntilMs = nowMs + Math.min(backOffMsMax, backOffMsMin * 2 ** (health.refusals - 1))
}

export function recovered(health: CredentialHealth): void {
  if (health.refusals === 0) return
  health.refusals = 0
  health.refusedUntilMs = 0
}

/** Undefined: it is not known here any more, or none was asked for. */
export function credentialNamed(credentials: readonly Credential[], name: string | undefined): Credential | undefined {
  return name === undefined ? undefined : credentials.find((one) => one.name === name)
}

/** By weight among those that were not refused lately; among all where every one was. */
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

  /** `key` names the secret, so that another one under the same name begins anew. */
  of(key: string): CredentialHealth {
    const known = this.#credentialHealth.get(key)
    if (known !== undefined) return known
    if (this.#credentialHealth.size >= credentialsMax) this.#credentialHealth.clear()
    const health = { refusedUntilMs: 0, refusals: 0 }
    this.#credentialHealth.set(key, health)
    return health
  }
}
