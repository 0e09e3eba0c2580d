// Where a model's requests may go, compiled from the configuration. It is generic over `Target`, because routing needs only
// the weight of a target.
import type { ModelSpec, RetryCondition } from '../../../shared/config/kinds/models/spec.ts'
import { parseDurationMs } from '../../../shared/units.ts'
import type { LatencyEstimate, LatencySignal } from './latency-estimate.ts'
import { WeightTable } from './weight-table.ts'

export interface ModelRoute<Target> {
  /** The name that callers use. */
  readonly model: string
  /** Set where the model has no entry in the configuration, so that its name was chosen by a caller. */
  readonly isDirect?: true
  readonly order: 'weighted' | 'priority' | 'latency'
  readonly targets: readonly WeightedTarget<Target>[]
  /** Set only for the order `latency`. */
  readonly weightTables: Readonly<Record<LatencySignal, WeightTable>> | undefined
  /** Names of the models to try when all targets failed, in order. */
  readonly fallbacks: readonly string[]
  readonly extraAttempts: number
  /** Whether a parameter that a target does not support makes the target ineligible, instead of being dropped. */
  readonly strict: boolean
  readonly retryOn: ReadonlySet<RetryCondition>
  readonly timeouts: Timeouts
}

export interface WeightedTarget<Target> {
  readonly target: Target
  readonly weight: number
  /** Set only for the order `latency`. */
  readonly latency: LatencyEstimate | undefined
}

export interface Timeouts {
  readonly connectMs: number
  readonly firstTokenMs: number
  /** Whether the configuration sets `firstTokenMs`. The default applies to streams only. */
  readonly firstTokenIsSet: boolean
  readonly idleMs: number
  readonly totalMs: number
  /** The longest wait for the quota of a provider. */
  readonly queueMs: number
}

export const defaultTimeouts: Timeouts = {
  connectMs: 2_000,
  firstTokenMs: 60_000,
  firstTokenIsSet: false,
  idleMs: 60_000,
  totalMs: 600_000,
  queueMs: 5_000,
}
const defaultRetryOn: readonly RetryCondition[] = ['429', '5xx', 'timeout', 'connect']

export function compileModelRoute<Target>(
  model: string,
  spec: ModelSpec,
  of: {
    target: (configured: ModelSpec['targets'][number]) => Target | undefined
    latency: (configured: ModelSpec['targets'][number]) => LatencyEstimate
  },
): ModelRoute<Target> {
  const order = spec.routing ?? 'weighted'
  const targets = spec.targets.flatMap((configured) => {
    const target = of.target(configured)
    const latency = order === 'latency' ? of.latency(configured) : undefined
    return target === undefined ? [] : [{ target, weight: configured.weight ?? 1, latency }]
  })
  return {
    model,
    targets,
    order,
    weightTables: weightTablesOf(targets),
    fallbacks: spec.fallbacks ?? [],
    extraAttempts: spec.retries?.attempts ?? 1,
    strict: spec.strict ?? false,
    retryOn: new Set(spec.retries?.on ?? defaultRetryOn),
    timeouts: timeoutsOf(spec.timeouts),
  }
}

/** The route of a model that is addressed as `provider/model` and has no entry in the configuration. */
export function directRoute<Target>(model: string, target: Target): ModelRoute<Target> {
  return {
    model,
    isDirect: true,
    targets: [{ target, weight: 1, latency: undefined }],
    order: 'weighted',
    weightTables: undefined,
    fallbacks: [],
    extraAttempts: 1,
    strict: false,
    retryOn: new Set(defaultRetryOn),
    timeouts: defaultTimeouts,
  }
}

function weightTablesOf(targets: readonly WeightedTarget<unknown>[]): ModelRoute<unknown>['weightTables'] {
  const measured = targets.flatMap(({ weight, latency }) => (latency === undefined ? [] : [{ weight, latency }]))
  if (measured.length === 0) return undefined
  return { first: new WeightTable(measured, 'first'), token: new WeightTable(measured, 'token') }
}

function timeoutsOf({ connect, firstToken, idle, total, queue }: NonNullable<ModelSpec['timeouts']> = {}): Timeouts {
  return {
    connectMs: durationOr(connect, defaultTimeouts.connectMs),
    firstTokenMs: durationOr(firstToken, defaultTimeouts.firstTokenMs),
    firstTokenIsSet: firstToken !== undefined,
    idleMs: durationOr(idle, defaultTimeouts.idleMs),
    totalMs: durationOr(total, defaultTimeouts.totalMs),
    queueMs: durationOr(queue, defaultTimeouts.queueMs),
  }
}

function durationOr(text: string | undefined, defaultMs: number): number {
  return text === undefined ? defaultMs : (parseDurationMs(text) ?? defaultMs)
}
