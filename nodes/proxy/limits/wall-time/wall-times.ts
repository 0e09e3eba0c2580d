// Limits of the time since the first request of a session: what comes later is rejected, and what is open then is ended.
import type { Clock } from '../../../../shared/clock.ts'
import { wallTimeKeptMs, wallTimeMs } from '../../../../shared/config/kinds/limits/spec.ts'
import type { RateLimitedError } from '../../errors/gateway-error.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'
import type { CompiledLimit, CountedRequest } from '../compiled-limit.ts'
import type { SessionStarts } from './session-starts.ts'

export class WallTimeLimit {
  readonly limit: CompiledLimit
  readonly limitMs: number
  readonly keptMs: number

  constructor(limit: CompiledLimit, spec: Parameters<typeof wallTimeMs>[0]) {
    this.limit = limit
    this.limitMs = wallTimeMs(spec)
    this.keptMs = wallTimeKeptMs(spec)
  }
}

interface Stand {
  readonly wallTime: WallTimeLimit
  readonly key: number
  readonly subject: string
}

export interface WallTimesOptions {
  readonly starts: SessionStarts
  readonly clock: Clock
  /** Counts what was beyond a limit. */
  readonly count: (limit: CompiledLimit, how: 'rejected' | 'cut') => void
}

export interface TimedRequest extends CountedRequest {
  readonly snapshot: Snapshot
}

export class WallTimes {
  readonly #options: WallTimesOptions
  /** The sessions that requests belong to, for as long as they are open. */
  readonly #stands = new WeakMap<object, readonly Stand[]>()

  constructor(options: WallTimesOptions) {
    this.#options = options
  }

  /** The error of the first limit whose time is over. */
  enter(
    request: TimedRequest,
    asked: { readonly model: string; readonly scan?: Parameters<CompiledLimit['subjectOf']>[1]['scan'] },
    limits: readonly WallTimeLimit[],
  ): RateLimitedError | undefined {
    const { starts, clock, count } = this.#options
    const nowMs = clock.wallMs()
    const stands: Stand[] = []
    for (const wallTime of limits) {
      const { limit, limitMs, keptMs } = wallTime
      const subject = limit.countsModel(asked.model, request.snapshot) ? limit.subjectOf(request, asked) : ''
      if (subject === '') continue
      const key = limit.bucketKey(subject)
      const startMs = starts.begin(key, request.caller.keyId, { nowMs, keptMs })
      if (nowMs - startMs < limitMs) {
        if (limit.isEnforced) stands.push({ wallTime, key, subject })
        continue
      }
      count(limit, 'rejected')
      if (limit.isEnforced) return errorOf({ wallTime, key, subject })
    }
    if (stands.length > 0) this.#stands.set(request, stands)
    return undefined
  }

  /** The error that ends an open request; undefined while its sessions have time left. */
  endOf(request: object): RateLimitedError | undefined {
    const { starts, clock, count } = this.#options
    const nowMs = clock.wallMs()
    const over = this.#stands.get(request)?.find(({ wallTime, key }) => {
      const startMs = starts.startOf(key, nowMs)
      return startMs !== undefined && nowMs - startMs >= wallTime.limitMs
    })
    if (over === undefined) return undefined
    this.#stands.delete(request)
    count(over.wallTime.limit, 'cut')
    return errorOf(over)
  }
}

function errorOf({ wallTime: { limit, limitMs }, subject }: Stand): RateLimitedError {
  return {
    type: 'rate-limited',
    limit: limit.name,
    per: limit.per,
    subject: limit.toldSubject(subject),
    unit: 'wallTime',
    amount: limitMs,
    window: '',
    retryAfterMs: undefined,
    headers: [],
  }
}
