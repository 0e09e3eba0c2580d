// Work on a large body that another process does: a pure function of plain data and bytes. What would hold the event loop for as
// long as the body is large goes there.
import type { Result } from '../../../shared/result.ts'

export interface Job<Head, Told> {
  readonly name: string
  /** `bodies` belong to the job. What it throws fails the job alone. */
  run(head: Head, bodies: readonly Buffer[]): JobAnswer<Told>
}

/** Both parts are sent back: `told` must be small, because it is copied in one piece. */
export interface JobAnswer<Told> {
  readonly told: Told
  readonly bodies: readonly Uint8Array[]
}

export interface AskedJob<Head> {
  /** Plain data that structured cloning keeps. It must be small. */
  readonly head: Head
  /** Each body in pieces, which must stay as they are until `hold.sent()`. */
  readonly bodies: readonly (readonly Uint8Array[])[]
  readonly owner: JobOwner
  /** Told when the bytes begin to be read, and when nobody reads them any more. */
  readonly hold?: BytesHold | undefined
  /** An answer that is paid for: it is never shed. */
  readonly isPaid?: true | undefined
}

/** Whose job it is. Owners take turns. */
export interface JobOwner {
  readonly keyId: string
  readonly team: string
}

export interface BytesHold {
  sending(): void
  sent(): void
}

/** What a job came to. The bodies are in pieces. */
export interface JobOutcome<Told> {
  readonly told: Told
  readonly bodies: readonly (readonly Buffer[])[]
}

export type JobFailure =
  /** Too many jobs wait. */
  | { readonly type: 'too-busy'; readonly retryAfterMs: number }
  /** The job needed more memory or more time than one may have. */
  | { readonly type: 'too-complex' }
  | { readonly type: 'internal' }

export interface RunningJob<Told> {
  readonly result: Promise<Result<JobOutcome<Told>, JobFailure>>
  /** Nobody waits for the result any more; it never comes. */
  cancel(): void
}

/** Runs jobs away from the event loop. */
export interface Jobs {
  run<Head, Told>(job: Job<Head, Told>, asked: AskedJob<Head>): RunningJob<Told>
}
