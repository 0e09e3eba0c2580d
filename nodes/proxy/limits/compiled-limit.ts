// A limit of the configuration, compiled: whether a request counts, in whose name, and against which bucket.

import { createHmac } from 'node:crypto'
import type { BucketRule } from '../../../cluster/gossip/bucket-rule.ts'
import {
  amountOf,
  countsAttempts,
  isCalendar,
  type LimitMatch,
  type LimitSpec,
  type LimitUnit,
  overdraftOf,
} from '../../../shared/config/kinds/limits/spec.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type CalendarWindow, CurrentWindow } from '../../../shared/time/calendar-window.ts'
import { parseDurationMs } from '../../../shared/units.ts'
import type { Caller } from '../auth/callers.ts'
import { sessionIn } from '../auth/session-name.ts'
import type { Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { Snapshot } from '../snapshot/snapshot.ts'
import { callersLabel } from './callers-label.ts'

const nanoPerUsd = 1e9

/** What is known of what is counted, beside the request. */
export interface CountedParts {
  readonly model: string
  /** The target of an attempt; undefined for a request. */
  readonly target?: CountedTarget | undefined
  /** The body; undefined where there is none of JSON. */
  readonly scan?: BodyScan | undefined
}

export type CountedRequest = Pick<AuthenticatedRequest, 'caller' | 'user' | 'head'>

/** A target, as far as limits count by it. The model is '' where a request names none, such as one for files. */
export type CountedTarget = Pick<Target, 'provider' | 'model'>

export class CompiledLimit {
  readonly name: string
  readonly unit: LimitUnit
  readonly per: LimitSpec['per']
  /** Whether it counts attempts, each at its target, instead of requests. */
  readonly countsAttempts: boolean
  /** Whether a request beyond the limit is rejected; else it is counted and goes on. */
  readonly isEnforced: boolean
  /** The part of its amount beyond which streams are cut; undefined where none is. */
  readonly overdraft: number | undefined
  /** The window as the operator wrote it; '' for concurrency. */
  readonly window: string
  readonly #match: LimitMatch
  #standsFor: { readonly snapshot: Snapshot; readonly models: readonly string[] } | undefined
  readonly #rule: BucketRule
  readonly #overrides = new Map<string, BucketRule>()
  readonly #windows: CurrentWindow | undefined
  readonly #hashKey: Uint8Array
  /** What the names of its buckets begin with. Another amount keeps what has been counted; another question begins anew. */
  readonly #question: string

  constructor(name: string, spec: LimitSpec, hashKey: Uint8Array) {
    const { unit, amount } = amountOf(spec) ?? { unit: 'requests', amount: 0 }
    const { per, match = {}, window = '', timeZone = 'UTC', overrides = {} } = spec
    this.name = name
    this.unit = unit
    this.per = per
    this.countsAttempts = countsAttempts(spec)
    this.overdraft = overdraftOf(spec)
    this.isEnforced = spec.mode !== 'report'
    this.window = window
    this.#match = match
    this.#windows = window !== '' && isCalendar(spec) ? new CurrentWindow(window as '1d', timeZone) : undefined
    this.#rule = ruleOf(spec, amount)
    for (const [subject, other] of Object.entries(overrides)) this.#overrides.set(subject, ruleOf(spec, other))
    this.#hashKey = hashKey
    this.#question = JSON.stringify([name, unit, per, window, this.#windows === undefined ? '' : timeZone])
  }

  /** Whether the requests of a caller count. */
  counts({ team, user, app, keyId, costCenter, tier, metadata }: Caller): boolean {
    const match = this.#match
    if (match.team !== undefined && match.team !== team) return false
    if (match.user !== undefined && match.user !== user) return false
    if (match.app !== undefined && match.app !== app) return false
    if (match.key !== undefined && match.key !== keyId) return false
    if (match.costCenter !== undefined && match.costCenter !== costCenter) return false
    if (match.tier !== undefined && match.tier !== tier) return false
    return Object.entries(match.metadata ?? {}).every(([label, value]) => metadata.get(label) === value)
  }

  /** Whether the requests for a model count. A name without a provider stands for the model at each provider that has it. */
  countsModel(model: string, snapshot: Snapshot): boolean {
    const named = this.#match.model
    if (named === undefined || named === model) return true
    if (this.#standsFor?.snapshot !== snapshot) {
      const targets = snapshot.routeOf(named) === undefined ? snapshot.bareTargetsOf(named) : []
      this.#standsFor = { snapshot, models: targets.map(({ name }) => name) }
    }
    return this.#standsFor.models.includes(model)
  }

  /** Whether the attempts at a target count. */
  countsTarget(target: CountedTarget): boolean {
    const { provider, target: named } = this.#match
    if (provider !== undefined && provider !== target.provider) return false
    return named === undefined || named === nameOfTarget(target)
  }

  /** In whose name all requests of a caller count; '' where they do not. Undefined: it depends on the request. */
  subjectOfCaller({ keyId, app, team, costCenter }: Caller): string | undefined {
    switch (this.per) {
      case 'key':
        return keyId
      case 'app':
        return app
      case 'team':
        return team
      case 'costCenter':
        return costCenter
      case 'org':
        return 'org'
      default:
        return undefined
    }
  }

  /** In whose name a request counts, or an attempt at a target; '' where it has none, and does not count. */
  subjectOf({ caller, user, head }: CountedRequest, { model, target, scan }: CountedParts): string {
    const ofCaller = this.subjectOfCaller(caller)
    if (ofCaller !== undefined) return ofCaller
    switch (this.per) {
      case 'session': {
        const session = sessionIn(head)
        return session === '' ? '' : `${caller.keyId} ${session}`
      }
      case 'user':
        return user
      case 'model':
        return model
      case 'provider':
        return target?.provider ?? ''
      case 'target':
        return target === undefined || target.model === '' ? '' : nameOfTarget(target)
      default: {
        const label = this.per.slice('metadata.'.length)
        const own = caller.metadata.get(label)
        if (own !== undefined) return own
        // A name of the caller's own counts for its key alone: nobody counts in the name of others.
        const named = callersLabel(label, head, scan)
        return named === '' ? '' : `${caller.keyId} ${named}`
      }
    }
  }

  /** The subject as it is told to the caller; '' where it is the key itself, or the session that the caller has named. */
  toldSubject(subject: string): string {
    return this.per === 'key' || this.per === 'session' || this.per === 'org' ? '' : subject.replace(/^key_\w+ /, '')
  }

  ruleOf(subject: string): BucketRule {
    return this.#overrides.get(subject) ?? this.#rule
  }

  /** Whether its windows are those of a calendar. */
  get hasWindows(): boolean {
    return this.#windows !== undefined
  }

  /** The calendar window of now; undefined for limits that roll. */
  windowAt(wallMs: number): CalendarWindow | undefined {
    return this.#windows?.at(wallMs)
  }

  /** The number that names the bucket of a subject on every node. It is keyed, so that nobody can choose a name that counts in
   *  another's bucket. */
  bucketKey(subject: string): number {
    const digest = createHmac('sha256', this.#hashKey).update(this.#question).update('\0').update(subject).digest()
    return digest.readUInt32BE(0) * 2 ** 21 + (digest.readUInt32BE(4) >>> 11)
  }
}

/** As the name of a model that is asked for at its provider. */
function nameOfTarget({ provider, model }: CountedTarget): string {
  return `${provider}/${model}`
}

function ruleOf(spec: LimitSpec, amount: number): BucketRule {
  const capacity = spec.usd === undefined ? amount : Math.round(amount * nanoPerUsd)
  if (spec.concurrency !== undefined) return { kind: 'gauge', capacity, perMs: 0 }
  if (isCalendar(spec)) return { kind: 'window', capacity, perMs: 0 }
  return { kind: 'flow', capacity, perMs: capacity / (parseDurationMs(spec.window ?? '') ?? 1) }
}
