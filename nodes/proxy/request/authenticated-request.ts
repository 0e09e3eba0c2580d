// A request whose caller is known and whose body has come.
import type { Caller } from '../auth/callers.ts'
import type { Body, Reply, RequestHead } from '../http/http.ts'
import type { Operation } from '../operations/operations.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'

export interface AuthenticatedRequest {
  readonly head: RequestHead
  readonly reply: Reply
  readonly requestId: string
  readonly route: Operation
  /** The model's name where the path has it. */
  readonly inPath: string | undefined
  readonly snapshot: Snapshot
  readonly caller: Caller
  readonly body: Body
}
