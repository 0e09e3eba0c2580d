// Turns windows into a verdict. A round measures the reference, ours, the peer, ours again and the reference again, so that
// a drift of the machine affects all equally. The result is the median of the rounds' ratios, never an absolute value.
import { seededChance } from './chance.ts'
import { type Interval, mean, median, medianInterval } from './statistics.ts'

/** One measured stretch of load on one subject. */
export interface Window {
  subject: string
  units: number
  cpuMs: number
  seconds: number
  /** Why the window has no figure: another status, a broken connection, a lost frame. */
  trouble: string | undefined
  generatorCpuShare: number
  mockCpuShare: number
}

export interface Round {
  windows: Window[]
  /** Share of the machine's time that the hypervisor gave to others. */
  stealShare: number
  /** CPU time per second that neither the subjects nor the rig used. */
  foreignShare: number
}

export interface RoundRules {
  referenceDifferenceMax: number
  stealShareMax: number
  foreignShareMax: number
  windowCpuMsMin: number
  roundsMin: number
}

/** Time is read in ticks of 10 ms, so a window must burn 300 ms for an error of 3 %. */
export const strictRules: RoundRules = {
  referenceDifferenceMax: 0.15,
  stealShareMax: 0.02,
  foreignShareMax: 0.15,
  windowCpuMsMin: 300,
  roundsMin: 5,
}

/** Rules of runs that check the rig and not the speed: troubles invalidate a window, noise does not. */
export const tinyRules: RoundRules = {
  referenceDifferenceMax: Infinity,
  stealShareMax: Infinity,
  foreignShareMax: Infinity,
  windowCpuMsMin: 0,
  roundsMin: 1,
}

export interface Ratio {
  median: number
  min: number
  max: number
  interval: Interval
}

export interface Comparison {
  /** Median CPU microseconds per unit, by subject, over valid rounds. */
  micros: Record<string, number>
  /** `subject` over `reference`; undefined with fewer valid rounds than the rules ask. */
  ratio: Ratio | undefined
  validRounds: number
  /** Reasons and how many rounds each voided. */
  rejected: Record<string, number>
}

export function microsPerUnit(window: Window): number {
  return (window.cpuMs * 1_000) / window.units
}

/** The reason why a round does not count; undefined when it counts. */
export function rejectionOf(
  round: Round,
  names: readonly string[],
  reference: string,
  rules: RoundRules,
): string | undefined {
  const windows = round.windows.filter((window) => names.includes(window.subject))
  const troubled = windows.find((window) => window.trouble !== undefined)
  if (troubled !== undefined) return `${troubled.subject}: ${troubled.trouble}`
  if (windows.some((window) => window.cpuMs < rules.windowCpuMsMin)) return 'a window burnt too little CPU'
  if (windows.some((window) => window.cpuMs === 0)) return 'a window shorter than a clock tick'
  const references = windows.filter((window) => window.subject === reference).map(microsPerUnit)
  const difference = Math.max(...references) / Math.min(...references) - 1
  if (difference > rules.referenceDifferenceMax) return 'the reference readings differ'
  if (round.stealShare > rules.stealShareMax) return 'the hypervisor stole time'
  if (round.foreignShare > rules.foreignShareMax) return 'other work on the machine'
  return undefined
}

export interface CompareOptions {
  subject: string
  reference: string
  rules: RoundRules
  seed: number
}

export function compare(rounds: readonly Round[], options: CompareOptions): Comparison {
  const { subject, reference, rules } = options
  const names = [subject, reference]
  const rejected: Record<string, number> = {}
  const valid: Round[] = []
  for (const round of rounds) {
    const reason = rejectionOf(round, names, reference, rules)
    if (reason === undefined) valid.push(round)
    else rejected[reason] = (rejected[reason] ?? 0) + 1
  }
  const ratios = valid.map((round) => meanMicros(round, subject) / meanMicros(round, reference))
  const micros = Object.fromEntries(names.map((name) => [name, median(valid.map((round) => meanMicros(round, name)))]))
  const ratio = valid.length >= rules.roundsMin ? ratioOf(ratios, options.seed) : undefined
  return { micros, ratio, validRounds: valid.length, rejected }
}

/**
 * Runs rounds until as many as asked for are valid, but not more than twice as many in all: a noisy hour costs time, not
 * the figure, and a fault that voids every round comes to light all the same.
 */
export async function runRounds(wanted: number, options: CompareOptions, run: () => Promise<Round>): Promise<Round[]> {
  const rounds: Round[] = []
  let valid = 0
  while (valid < wanted && rounds.length < wanted * 2) {
    rounds.push(await run())
    valid = compare(rounds, options).validRounds
  }
  return rounds
}

function ratioOf(ratios: readonly number[], seed: number): Ratio {
  return {
    median: median(ratios),
    min: Math.min(...ratios),
    max: Math.max(...ratios),
    interval: medianInterval(ratios, seededChance(seed)),
  }
}

function meanMicros(round: Round, subject: string): number {
  return mean(round.windows.filter((window) => window.subject === subject).map(microsPerUnit))
}
