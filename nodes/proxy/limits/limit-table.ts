// The limits of one configuration. Those of a caller are found when it first calls, so that a request looks only at limits that
// count it.

import type { BucketRule } from '../../../cluster/gossip/bucket-rule.ts'
import type { LimitSpec } from '../../../shared/config/kinds/limits/spec.ts'
import type { Resource } from '../../../shared/config/state.ts'
import { RecentMap } from '../../../shared/recent-map.ts'
import type { Caller } from '../auth/callers.ts'
import { CompiledLimit } from './compiled-limit.ts'
import { WallTimeLimit } from './wall-time/wall-times.ts'

/** A subject's bucket. */
export interface Bucket {
  readonly key: number
  readonly rule: BucketRule
  /** Where it was when it was last charged; -1 before. */
  slot: number
}

/** Subjects whose buckets are remembered by name, and the length of their names. Callers can make subjects up. */
const subjectsMax = 10_000
const charactersMax = 256

/** A limit, with the buckets that its requests were counted in. */
export class SubjectBuckets {
  readonly limit: CompiledLimit
  readonly #buckets = new Map<string, Bucket>()

  constructor(limit: CompiledLimit) {
    this.limit = limit
  }

  /** The bucket of requests with the same body, by the digest of it. */
  ofRepeated(subject: string, digest: string): Bucket {
    return this.of(`${subject} ${digest}`, subject)
  }

  of(name: string, subject = name): Bucket {
    const known = this.#buckets.get(name)
    if (known !== undefined) return known
    const { limit } = this
    const bucket = { key: limit.bucketKey(name), rule: limit.ruleOf(subject), slot: -1 }
    if (name.length > charactersMax) return bucket
    if (this.#buckets.size >= subjectsMax) this.#buckets.clear()
    this.#buckets.set(name, bucket)
    return bucket
  }
}

/** A limit that counts a caller. */
export interface CallerLimit {
  readonly limit: CompiledLimit
  readonly buckets: SubjectBuckets
  /** What all requests of the caller count for; undefined where it depends on the request. */
  readonly own: { readonly subject: string; readonly bucket: Bucket } | undefined
}

/** The limits that count a caller. */
export interface CallerLimits {
  readonly ofRequests: readonly CallerLimit[]
  /** Those that count its attempts, by the target of each. */
  readonly ofAttempts: readonly CallerLimit[]
  readonly wallTimes: readonly WallTimeLimit[]
}

const none: CallerLimits = { ofRequests: [], ofAttempts: [], wallTimes: [] }

export class LimitTable {
  readonly #limits: readonly SubjectBuckets[]
  readonly #wallTimes: readonly WallTimeLimit[]
  readonly #byCaller = new RecentMap<Caller, CallerLimits>()

  constructor(limits: ReadonlyMap<string, Resource<LimitSpec>>, hashKey: Uint8Array) {
    const counting: SubjectBuckets[] = []
    const timing: WallTimeLimit[] = []
    for (const [name, { spec }] of limits) {
      const limit = new CompiledLimit(name, spec, hashKey)
      if (spec.wallTime === undefined) counting.push(new SubjectBuckets(limit))
      else timing.push(new WallTimeLimit(limit, spec))
    }
    this.#limits = counting
    this.#wallTimes = timing
  }

  /** The limits that count requests of a caller, whatever their model and target. */
  of(caller: Caller): CallerLimits {
    if (this.#limits.length + this.#wallTimes.length === 0) return none
    const known = this.#byCaller.get(caller)
    if (known !== undefined) return known
    const counting = this.#limits.filter(({ limit }) => limit.counts(caller)).map((one) => limitOf(one, caller))
    const found = {
      ofRequests: counting.filter(({ limit }) => !limit.countsAttempts),
      ofAttempts: counting.filter(({ limit }) => limit.countsAttempts),
      wallTimes: this.#wallTimes.filter(({ limit }) => limit.counts(caller)),
    }
    this.#byCaller.set(caller, found)
    return found
  }
}

function limitOf(buckets: SubjectBuckets, caller: Caller): CallerLimit {
  const { limit } = buckets
  const subject = limit.unit === 'repeats' ? undefined : limit.subjectOfCaller(caller)
  const own = subject === undefined || subject === '' ? undefined : { subject, bucket: buckets.of(subject) }
  return { limit, buckets, own }
}
