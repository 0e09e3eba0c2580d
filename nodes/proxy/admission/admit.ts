// The one way in: method, configuration, key, capacity, in this order for every API.
import type { Clock } from '../../../shared/clock.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { type AuthError, type Caller, type Credentials, identify } from '../auth/callers.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Place, Reply, RequestHead } from '../http/http.ts'
import type { MatchedOperation } from '../operations/match-path.ts'
import type { AdmittedRequest } from '../request/authenticated-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import type { OpenRequests } from './open-requests.ts'

export type NoSnapshot = Extract<GatewayError, { type: 'no-config' | 'config-damaged' }>

export interface AdmissionOptions {
  readonly clock: Clock
  /** The configuration to answer by, or why there is none. */
  snapshot(): Snapshot | NoSnapshot
  /** The number of requests that are open now, this one included. */
  openRequests(): number
  /** The number of open requests that the process can carry. */
  readonly openRequestsMax: number
  /** The open requests of each key. */
  readonly open: OpenRequests
}

/** What one API knows beyond the head. */
export interface AdmissionFacts {
  /** The caller's credentials, where they do not stand in the head alone. */
  readonly credentials?: Result<Credentials, AuthError>
  /** Whether the API has no room of its own left. */
  readonly isFull?: boolean
}

const noFacts: AdmissionFacts = {}
/** The wait that the caller of a shed request is asked for. */
const shedRetryMs = 1_000

export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  admit(
    request: { readonly id: string; readonly head: RequestHead; readonly reply: Reply },
    matched: MatchedOperation,
    { credentials, isFull = false }: AdmissionFacts = noFacts,
  ): Result<AdmittedRequest, GatewayError> {
    const { id, head, reply } = request
    const { operation } = matched
    if (!operation.methods.includes(head.method))
      return fail({ type: 'method-not-allowed', allow: operation.methods.join(', ') })
    const snapshot = this.#options.snapshot()
    if ('type' in snapshot) return fail(snapshot)
    const receivedAtMs = this.#options.clock.wallMs()
    const shown = credentials ?? done(head)
    if (!shown.ok) return shown
    const identified = identify(snapshot.callers, shown.value, receivedAtMs)
    if (!identified.ok) return identified
    if (isFull || this.#isOverloaded()) return fail({ type: 'overloaded', retryAfterMs: shedRetryMs })
    const caller = identified.value
    const user = caller.user === '' ? namedUser(head.header('x-headgate-user')) : caller.user
    const block = snapshot.blocks.of({ caller, user, head }, receivedAtMs)
    if (block !== undefined) return fail({ type: 'blocked', reason: block.reason })
    const { open } = this.#options
    const place = open.enter(caller.keyId)
    if (place === undefined) return fail({ type: 'key-full', openMax: open.perKeyMax, retryAfterMs: shedRetryMs })
    if (reply.gone) place.leave()
    else reply.place = place
    return done({ id, operation, matched, caller, user, snapshot, head, reply, receivedAtMs })
  }

  /** The place of a session that goes on when its handshake has been answered. */
  stay({ keyId }: Pick<Caller, 'keyId'>): Place {
    return this.#options.open.stay(keyId)
  }

  #isOverloaded(): boolean {
    return this.#options.openRequests() > this.#options.openRequestsMax
  }
}

/** Longer names would fill the records; they share one. */
const userCharactersMax = 256

function namedUser(name = ''): string {
  return name.length > userCharactersMax ? 'other' : name
}
