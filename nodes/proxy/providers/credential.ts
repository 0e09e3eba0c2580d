// What a provider is shown to let us in: a header that never changes, or a proof that is made anew for each request from
// something that expires. A credential that was refused steps aside for a while and leaves the work to its siblings; a
// rotated one is another credential, with a clean record.
import type { Chance } from '../../../shared/clock.ts'

export interface Credential {
  readonly name: string
  readonly weight: number
  /** Complete header lines, each with its CRLF. */
  readonly headerLines: string
  /** Further lines, for this request alone; undefined while there is nothing to prove it with. */
  readonly prove?: ((request: ProvedRequest) => string | undefined) | undefined
  readonly standing: Standing
  /** Fetches what expires anew, because the upstream refused it. */
  readonly renew?: (() => void) | undefined
}

export interface ProvedRequest {
  readonly method: string
  readonly host: string
  /** With its query. */
  readonly path: string
  readonly body: readonly Uint8Array[]
}

/** Outlives changes of the configuration. */
export interface Standing {
  refusedUntilMs: number
  refusals: number
}

const asideMsMin = 10_000
const asideMsMax = 10 * 60_000

/** Longer each time that it is refused again. */
export function stepAside(standing: Standing, nowMs: number): void {
  standing.refusals++
  standing.refusedUntilMs = nowMs + Math.min(asideMsMax, asideMsMin * 2 ** (standing.refusals - 1))
}

export function standWell(standing: Standing): void {
  if (standing.refusals === 0) return
  standing.refusals = 0
  standing.refusedUntilMs = 0
}

/** Undefined: it is not known here any more, or none was asked for. */
export function credentialNamed(credentials: readonly Credential[], name: string | undefined): Credential | undefined {
  return name === undefined ? undefined : credentials.find((one) => one.name === name)
}

/** By weight among those that were not refused lately; among all where every one was. */
export function drawCredential(credentials: readonly Credential[], nowMs: number, chance: Chance): Credential {
  if (credentials.length === 1) return credentials[0]!
  let fit = credentials.filter(({ standing }) => standing.refusedUntilMs <= nowMs)
  if (fit.length === 0) fit = [...credentials]
  let left = chance() * fit.reduce((sum, { weight }) => sum + weight, 0)
  for (const credential of fit) {
    left -= credential.weight
    if (left < 0) return credential
  }
  return fit[fit.length - 1]!
}

const standingsMax = 10_000

export class StandingBook {
  readonly #standings = new Map<string, Standing>()

  /** `key` names the secret, so that another one under the same name begins anew. */
  of(key: string): Standing {
    const known = this.#standings.get(key)
    if (known !== undefined) return known
    if (this.#standings.size >= standingsMax) this.#standings.clear()
    const standing = { refusedUntilMs: 0, refusals: 0 }
    this.#standings.set(key, standing)
    return standing
  }
}
