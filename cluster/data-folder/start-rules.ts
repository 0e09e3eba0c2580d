// Decides when a node goes back to an earlier configuration, and to which.
import type { Hold } from './hold.ts'

export interface Start {
  /** Wall clock time of the start. */
  readonly atMs: number
  /** The last revision that was put to use; 0 before there was one. */
  revision: number
  /** True when the process ended on purpose: it was stopped, or it refused to start. */
  ended: boolean
  /** The kernel's count of processes killed for want of memory, at the start. */
  readonly oomKills?: number | undefined
  /** True when the process ended because memory ran out. */
  byMemory?: boolean
}

export interface Journal {
  readonly starts: readonly Start[]
  /** The newest revision that was served for long enough to trust it. */
  readonly well: number
  readonly hold: Hold | undefined
}

const crashesMax = 3
const withinMs = 60_000

export function crashesOf({ starts }: Journal, nowMs: number): readonly Start[] {
  return starts.filter(({ atMs, ended }) => !ended && atMs <= nowMs && nowMs - atMs <= withinMs)
}

/** Three crashes under one configuration that was never served for long make it suspect; crashes under changing
 *  configurations have another cause, and so have ends for want of memory, which callers can bring about. A hold lasts until the log has something newer: that an old configuration is
 *  served well says nothing about the new one. */
export function holdAfter(journal: Journal, nowMs: number): Hold | undefined {
  const crashes = crashesOf(journal, nowMs)
    .filter(({ byMemory }) => byMemory !== true)
    .slice(-crashesMax)
  const suspect = crashes[0]?.revision ?? 0
  if (crashes.length < crashesMax || crashes.some(({ revision }) => revision !== suspect)) return journal.hold
  if (suspect <= journal.well || suspect <= (journal.hold?.revision ?? 0)) return journal.hold
  const revision = journal.well > 0 ? journal.well : suspect - 1
  return revision > 0 ? { revision, until: suspect } : journal.hold
}

const pauseMsMin = 250
const pauseMsMax = 5_000

/** The pause before a start: none after one or two crashes, then longer each time, and random so that nodes do not
 *  restart in step. */
export function pauseBeforeStart(crashes: number, chance: number): number {
  if (crashes < crashesMax) return 0
  return Math.min(pauseMsMax, pauseMsMin * 2 ** (crashes - crashesMax)) * (0.5 + chance / 2)
}
