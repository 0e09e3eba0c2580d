// A request whose caller is known. It is made once, when its head has been admitted, and never changed; the body joins it when
// it has come.
import type { Caller } from '../auth/callers.ts'
import { type Body, emptyBody, type Reply, type RequestHead } from '../http/http.ts'
import type { SharedBudget } from '../http/shared-budget.ts'
import type { MatchedOperation } from '../operations/match-path.ts'
import type { Operation } from '../operations/operation.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { BodyLease } from './body-lease.ts'

export interface AdmittedRequest {
  readonly id: string
  readonly operation: Operation
  /** What the path names: a model, a file, a stored response. */
  readonly matched: MatchedOperation
  readonly caller: Caller
  /** The key's user, else the user that the caller names in `x-headgate-user`. */
  readonly user: string
  readonly snapshot: Snapshot
  readonly head: RequestHead
  readonly reply: Reply
  /** The time at which the head came, on the wall clock. */
  readonly receivedAtMs: number
}

export interface AuthenticatedRequest extends AdmittedRequest {
  readonly body: BodyLease
  /** The time at which the last byte of the body had come, on the monotonic clock. */
  readonly startedMs: number
}

/** `parsed` is the memory for what is made of bodies; undefined where nothing is charged. */
export function withBody(
  admitted: AdmittedRequest,
  body: Body,
  startedMs: number,
  parsed?: SharedBudget,
): AuthenticatedRequest {
  const { id, operation, matched, caller, user, snapshot, head, reply, receivedAtMs } = admitted
  const lease = new BodyLease(body, parsed === undefined ? undefined : { budget: parsed, owner: caller })
  return { id, operation, matched, caller, user, snapshot, head, reply, receivedAtMs, body: lease, startedMs }
}

/** The same request, answered through another reply. */
export function withReply(request: AuthenticatedRequest, reply: Reply): AuthenticatedRequest {
  return { ...request, reply }
}

export function withoutBody(admitted: AdmittedRequest, startedMs: number): AuthenticatedRequest {
  return withBody(admitted, emptyBody, startedMs)
}
