// Where a model's requests may go: compiled from the configuration, generic over what a target is (`Endpoint`), because
// routing needs no more of it than its weight.
import type { ModelSpec, RetryCondition } from '../../../shared/config/kinds.ts'
import { parseDurationMs } from '../../../shared/units.ts'
import { ShareTable } from './share-table.ts'
import type { Measure, TargetPace } from './target-pace.ts'

export interface Route<Endpoint> {
  /** The name callers use. */
  readonly model: string
  readonly order: 'weighted' | 'priority' | 'latency'
  readonly targets: readonly Target<Endpoint>[]
  /** Under latency alone. */
  readonly shares: Readonly<Record<Measure, ShareTable>> | undefined
  /** Names of the models to try when all targets failed, in order. */
  readonly fallbacks: readonly string[]
  readonly extraAttempts: number
  /** A knob that a target cannot take is refused instead of dropped. */
  readonly strict: boolean
  readonly retryOn: ReadonlySet<RetryCondition>
  readonly timeouts: Timeouts
}

export interface Target<Endpoint> {
  readonly endpoint: Endpoint
  readonly weight: number
  /** Under latency alone. */
  readonly pace: TargetPace | undefined
}

export interface Timeouts {
  readonly connectMs: number
  readonly firstTokenMs: number
  /** Whether somebody set it: the default is for streams alone. */
  readonly firstTokenIsSet: boolean
  readonly idleMs: number
  readonly totalMs: number
}

export const defaultTimeouts: Timeouts = {
  connectMs: 2_000,
  firstTokenMs: 60_000,
  firstTokenIsSet: false,
  idleMs: 60_000,
  totalMs: 600_000,
}
const defaultRetryOn: readonly RetryCondition[] = ['429', '5xx', 'timeout', 'connect']

export function compileRoute<Endpoint>(
  model: string,
  spec: ModelSpec,
  of: {
    endpoint: (target: ModelSpec['targets'][number]) => Endpoint | undefined
    pace: (target: ModelSpec['targets'][number]) => TargetPace
  },
): Route<Endpoint> {
  const order = spec.routing ?? 'weighted'
  const targets = spec.targets.flatMap((target) => {
    const endpoint = of.endpoint(target)
    const pace = order === 'latency' ? of.pace(target) : undefined
    return endpoint === undefined ? [] : [{ endpoint, weight: target.weight ?? 1, pace }]
  })
  return {
    model,
    targets,
    order,
    shares: sharesOf(targets),
    fallbacks: spec.fallbacks ?? [],
    extraAttempts: spec.retries?.attempts ?? 1,
    strict: spec.strict ?? false,
    retryOn: new Set(spec.retries?.on ?? defaultRetryOn),
    timeouts: {
      connectMs: durationOr(spec.timeouts?.connect, defaultTimeouts.connectMs),
      firstTokenMs: durationOr(spec.timeouts?.firstToken, defaultTimeouts.firstTokenMs),
      firstTokenIsSet: spec.timeouts?.firstToken !== undefined,
      idleMs: durationOr(spec.timeouts?.idle, defaultTimeouts.idleMs),
      totalMs: durationOr(spec.timeouts?.total, defaultTimeouts.totalMs),
    },
  }
}

/** The route of a model that is addressed as `provider/model`, with no entry of its own. */
export function directRoute<Endpoint>(model: string, endpoint: Endpoint): Route<Endpoint> {
  return {
    model,
    targets: [{ endpoint, weight: 1, pace: undefined }],
    order: 'weighted',
    shares: undefined,
    fallbacks: [],
    extraAttempts: 1,
    strict: false,
    retryOn: new Set(defaultRetryOn),
    timeouts: defaultTimeouts,
  }
}

function sharesOf(targets: readonly Target<unknown>[]): Route<unknown>['shares'] {
  const measured = targets.flatMap(({ weight, pace }) => (pace === undefined ? [] : [{ weight, pace }]))
  if (measured.length === 0) return undefined
  return { first: new ShareTable(measured, 'first'), token: new ShareTable(measured, 'token') }
}

function durationOr(text: string | undefined, defaultMs: number): number {
  return text === undefined ? defaultMs : (parseDurationMs(text) ?? defaultMs)
}
