import { parseDurationMs } from '../../../units.ts'

/** What a limit counts. A limit has exactly one of them. */
export const limitUnits = [
  'requests',
  'repeats',
  'tokens',
  'inputTokens',
  'outputTokens',
  'concurrency',
  'usd',
] as const
export type LimitUnit = (typeof limitUnits)[number]

export interface LimitSpec {
  /** Whose requests share one count: 'key', 'session' (of a key), 'user', 'app', 'team', 'costCenter', 'model', 'provider', 'target',
   *  'org' or 'metadata.<name>'. */
  per: LimitSubject
  /** The requests that count. Default: all. */
  match?: LimitMatch
  requests?: number
  /** Requests with the same body, byte for byte: an agent that runs in a circle. */
  repeats?: number
  tokens?: number
  inputTokens?: number
  outputTokens?: number
  /** Requests at the same time. */
  concurrency?: number
  usd?: number
  /** A duration since the first request of a session: what comes later is rejected, and what is open then is ended. */
  wallTime?: string
  /** A duration, or '1mo'; required but for concurrency. */
  window?: string
  /** `rolling`: what was used comes back evenly; `calendar`: all at once, when the window ends. Default: `calendar` for windows of
   *  `1d` and `1mo`, else `rolling`. */
  reset?: 'rolling' | 'calendar'
  /** The IANA time zone in which calendar windows begin. Default UTC. */
  timeZone?: string
  /** `report`: requests beyond the limit are counted and let through. Default `enforce`. */
  mode?: 'enforce' | 'report'
  /** What becomes of a stream that has used more than was reserved for it when the limit is used up: `owe` lets it go on, and what it uses
   *  has to come back; `cut` ends it as an answer that has reached its length. Default `owe`. */
  onExhausted?: 'cut' | 'owe'
  /** The part of the amount that streams may use beyond the limit before they are cut. Default 0.2. */
  overdraft?: number
  /** Other amounts for some of those who are counted, by their names. */
  overrides?: Record<string, number>
}

export const limitSubjects = [
  'key',
  'session',
  'user',
  'app',
  'team',
  'costCenter',
  'model',
  'provider',
  'target',
  'org',
] as const
export type LimitSubject = (typeof limitSubjects)[number] | `metadata.${string}`

/** The fields that a request must have to count; an absent field asks for nothing. */
export interface LimitMatch {
  team?: string
  user?: string
  app?: string
  /** A key's id. */
  key?: string
  costCenter?: string
  /** The tier of the user or app that owns the key, else of its team. */
  tier?: string
  model?: string
  provider?: string
  /** `provider/model`, with the model's name at the provider. */
  target?: string
  /** Labels of the key, of its owner or of its team. */
  metadata?: Record<string, string>
}

/** Whether a limit counts attempts, each at the target that it was made at, instead of requests. */
export function countsAttempts({ per, match = {} }: LimitSpec): boolean {
  return per === 'provider' || per === 'target' || match.provider !== undefined || match.target !== undefined
}

const wallTimeKeptDefault = '1d'

/** The time that a session has; Infinity for limits of something else. */
export function wallTimeMs({ wallTime }: Pick<LimitSpec, 'wallTime'>): number {
  return (wallTime === undefined ? undefined : parseDurationMs(wallTime)) ?? Number.POSITIVE_INFINITY
}

/** How long the name of a session is remembered; after that it begins anew. */
export function wallTimeKeptMs({ wallTime, window }: Pick<LimitSpec, 'wallTime' | 'window'>): number {
  const kept = parseDurationMs(window ?? wallTimeKeptDefault) ?? 0
  return Math.max(kept, wallTimeMs({ wallTime: wallTime ?? wallTimeKeptDefault }))
}

/** The amount of a limit; undefined where a spec that failed its schema has none. */
export function amountOf(spec: LimitSpec): { unit: LimitUnit; amount: number } | undefined {
  for (const unit of limitUnits) {
    const amount = spec[unit]
    if (amount !== undefined) return { unit, amount }
  }
  return undefined
}

const overdraftDefault = 0.2

/** The part of the amount beyond which streams are cut; undefined where none is. */
export function overdraftOf({ onExhausted, overdraft, mode }: LimitSpec): number | undefined {
  return onExhausted === 'cut' && mode !== 'report' ? (overdraft ?? overdraftDefault) : undefined
}

/** Whether the windows of a limit follow the calendar. */
export function isCalendar({ window, reset }: LimitSpec): boolean {
  if (window === '1mo') return true
  return reset === undefined ? window === '1d' : reset === 'calendar'
}

/** Windows that the calendar has. */
export const calendarWindows = ['1m', '1h', '1d', '1mo'] as const
