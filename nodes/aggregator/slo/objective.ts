// An objective, compiled from its spec: what it counts, and what is good. Its counts are kept under the name of its
// question (match, objective, threshold), not under its own: renaming it, or asking for another part or window, keeps the
// history; another question begins anew.
import { createHash } from 'node:crypto'
import type { SloMatch, SloObjective, SloSpec } from '../../../shared/config/kinds/slos/spec.ts'
import type { Resource } from '../../../shared/config/state.ts'
import { parseDurationMs } from '../../../shared/units.ts'

export interface Objective {
  readonly name: string
  /** Name of the series under which the counts are stored. */
  readonly series: string
  readonly objective: SloObjective
  readonly match: SloMatch
  /** The unit of the count: a request as its caller saw it, or an attempt at an upstream. */
  readonly unit: 'request' | 'attempt'
  /** Microseconds; Infinity for availability. */
  readonly thresholdUs: number
  /** The part that has to be good. */
  readonly target: number
  readonly windowMs: number
}

export const defaultTarget = 0.999
export const defaultWindowMs = 30 * 86_400_000

export function compileObjective(name: string, spec: SloSpec): Objective {
  const { objective, threshold, match = {} } = spec
  return {
    name,
    series: seriesOf(spec),
    objective,
    match,
    // Time between tokens is measured where the tokens come from: at the attempt.
    unit: match.provider !== undefined || match.target !== undefined || objective === 'itl' ? 'attempt' : 'request',
    thresholdUs: threshold === undefined ? Number.POSITIVE_INFINITY : (parseDurationMs(threshold) ?? 0) * 1_000,
    target: spec.target ?? defaultTarget,
    windowMs: spec.window === undefined ? defaultWindowMs : (parseDurationMs(spec.window) ?? defaultWindowMs),
  }
}

/** The objectives of the configuration, sorted by name. */
export function compileObjectives(slos: ReadonlyMap<string, Resource<SloSpec>>): Objective[] {
  const objectives = [...slos].map(([name, { spec }]) => compileObjective(name, spec))
  return objectives.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Sixteen hex digits; the same on every node. */
export function seriesOf({ match = {}, objective, threshold }: SloSpec): string {
  const fields = matchFields.map((field) => match[field] ?? null)
  const thresholdMs = threshold === undefined ? null : parseDurationMs(threshold)
  const question = JSON.stringify([objective, thresholdMs, ...fields])
  return createHash('sha256').update(question).digest('hex').slice(0, 16)
}

const matchFields = ['model', 'provider', 'target', 'team', 'user', 'app', 'key'] as const
