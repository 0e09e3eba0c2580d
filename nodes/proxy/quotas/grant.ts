// The right to make one attempt, with what was taken for it. It is settled once, at whatever end the attempt comes to.
import type { AccountQuota, NoRoom, Reservation } from './account-quota.ts'
import type { QuotaReading } from './quota-headers.ts'
import type { QuotaUse } from './quota-unit.ts'
import type { Taking } from './shared-quota.ts'

/** A credential that an attempt could use, with what is known of its account. */
export interface Candidate<Credential> {
  readonly credential: Credential
  /** Undefined: nothing is known that would limit it. */
  readonly account: AccountQuota | undefined
}

export class Grant<Credential> {
  readonly credential: Credential
  readonly #account: AccountQuota | undefined
  #reservation: Reservation | undefined

  constructor({ credential, account }: Candidate<Credential>, reservation: Reservation | undefined) {
    this.credential = credential
    this.#account = account
    this.#reservation = reservation
  }

  /** Takes what the answer tells, while the attempt goes on. */
  observe(readings: readonly QuotaReading[], told: { isCounted: boolean; nowMs: number }): void {
    this.#account?.observe(readings, { ...told, reservation: this.#reservation })
  }

  /** The attempt has ended, and the provider has counted it. `used` is undefined where nobody knows what. */
  settle(used: QuotaUse | undefined, nowMs: number): void {
    this.#end(used, { isCounted: true, nowMs })
  }

  /** The provider has counted nothing. */
  giveBack(nowMs: number): void {
    this.#end(undefined, { isCounted: false, nowMs })
  }

  #end(used: QuotaUse | undefined, end: { isCounted: boolean; nowMs: number }): void {
    const reservation = this.#reservation
    this.#reservation = undefined
    if (reservation !== undefined) this.#account?.settle(reservation, used, end)
  }
}

/** Takes the first candidate that has room, in their order; else answers the shortest wait. */
export function takeFirst<Credential>(
  candidates: readonly Candidate<Credential>[],
  use: QuotaUse,
  taking: Taking,
): Grant<Credential> | NoRoom | Promise<Grant<Credential> | NoRoom> {
  return takeFrom(candidates, { ...taking, use, shortestMs: Number.POSITIVE_INFINITY })
}

interface TakingFirst extends Taking {
  readonly use: QuotaUse
  /** The shortest wait so far. */
  readonly shortestMs: number
}

function takeFrom<Credential>(
  [candidate, ...rest]: readonly Candidate<Credential>[],
  taking: TakingFirst,
): Grant<Credential> | NoRoom | Promise<Grant<Credential> | NoRoom> {
  if (candidate === undefined) return { waitMs: taking.shortestMs }
  const { use, shortestMs } = taking
  const after = (taken: Reservation | NoRoom) => {
    if ('charges' in taken) return new Grant(candidate, taken)
    return takeFrom(rest, { ...taking, shortestMs: Math.min(shortestMs, taken.waitMs) })
  }
  const taken = candidate.account?.take(use, taking)
  if (taken === undefined) return new Grant(candidate, undefined)
  return taken instanceof Promise ? taken.then(after) : after(taken)
}
