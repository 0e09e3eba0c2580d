// What the hop adds, one request at a time, and how latency holds up at fixed rates.
import type { ArrivalProfile } from '../load/arrivals.ts'
import type { LatencySummary } from '../load/histogram.ts'
import { type LoadResult, troubleOf } from '../load/jobs.ts'
import type { Rig } from '../measure/rig.ts'
import { median } from '../measure/statistics.ts'
import type { Subject } from '../peers/subject.ts'
import { firstChunkWork, smallWork } from './catalogue.ts'
import type { Work } from './work.ts'

export interface LatencyLength {
  rounds: number
  /** Requests of one reading at c=1. */
  count: number
  /** Length of one open-loop reading. */
  seconds: number
  seed: number
}

export interface AddedLatency {
  title: string
  subject: string
  /** Microseconds over the direct reading of the same round, medians over rounds. */
  p50: number
  p99: number
  /** Difference of the two direct readings of a round. Smaller values cannot be distinguished from zero. */
  resolution: { p50: number; p99: number }
}

export interface LoadedLatency {
  profile: ArrivalProfile
  /** Part of the measured capacity. */
  share: number
  ratePerSecond: number
  latency: LatencySummary
  late: number
  trouble: string | undefined
}

export interface LatencyOutcome {
  added: AddedLatency[]
  capacityPerSecond: number
  loaded: LoadedLatency[]
}

const openLoops: readonly { share: number; profile: ArrivalProfile }[] = [
  { share: 0.1, profile: 'poisson' },
  { share: 0.3, profile: 'poisson' },
  { share: 0.3, profile: 'bursty' },
  { share: 0.6, profile: 'poisson' },
]

export async function runLatency(rig: Rig, length: LatencyLength): Promise<LatencyOutcome> {
  const unary = await addedLatencies(rig, length, { title: 'unary, 300 B', work: smallWork, of: 'latency' })
  const first = await addedLatencies(rig, length, {
    title: 'first byte of a stream',
    work: firstChunkWork,
    of: 'firstByte',
  })
  const capacityPerSecond = await capacityOf(rig, length)
  const loaded: LoadedLatency[] = []
  for (const { share, profile } of openLoops)
    loaded.push(await loadedLatency(rig, length, capacityPerSecond, share, profile))
  return { added: [...unary, ...first], capacityPerSecond, loaded }
}

interface Reading {
  title: string
  work: Work
  of: 'latency' | 'firstByte'
}

async function addedLatencies(rig: Rig, length: LatencyLength, reading: Reading): Promise<AddedLatency[]> {
  const { direct, nginx, headgate } = rig.options
  const subjects = [nginx, headgate]
  const differences = new Map(subjects.map(({ name }) => [name, { p50: [] as number[], p99: [] as number[] }]))
  const resolutions = { p50: [] as number[], p99: [] as number[] }
  for (let index = 0; index < length.rounds; index++) {
    const before = await readOne(rig, direct, length.count, reading)
    const through = new Map<string, LatencySummary>()
    for (const subject of subjects) through.set(subject.name, await readOne(rig, subject, length.count, reading))
    const after = await readOne(rig, direct, length.count, reading)
    for (const part of ['p50', 'p99'] as const) {
      resolutions[part].push(Math.abs(before[part] - after[part]))
      for (const [name, summary] of through)
        differences.get(name)?.[part].push(summary[part] - (before[part] + after[part]) / 2)
    }
  }
  const resolution = { p50: median(resolutions.p50), p99: median(resolutions.p99) }
  return [...differences].map(([subject, { p50, p99 }]) => ({
    title: reading.title,
    subject,
    p50: median(p50),
    p99: median(p99),
    resolution,
  }))
}

async function readOne(rig: Rig, subject: Subject, count: number, { work, of }: Reading): Promise<LatencySummary> {
  const target = subject.target(work)
  // A closed loop of one connection and one request at a time: nothing waits, so nothing is omitted.
  const job = { kind: 'closed', target, connections: 1, expectedStatus: 200 } as const
  await rig.load(subject, { ...job, count: Math.ceil(count / 10) })
  const result = await rig.load(subject, { ...job, count })
  const trouble = troubleOf(result)
  if (trouble !== undefined) throw new Error(`${subject.name}: ${trouble}`)
  return result[of]
}

/** Answers per second that Headgate gives to 32 connections that never wait. */
export async function capacityOf(rig: Rig, { seconds }: { seconds: number }): Promise<number> {
  const { headgate } = rig.options
  const job = {
    kind: 'closed',
    target: headgate.target(smallWork),
    connections: 32,
    seconds,
    expectedStatus: 200,
  } as const
  const result: LoadResult = await rig.load(headgate, job)
  return result.answered / result.seconds
}

async function loadedLatency(
  rig: Rig,
  length: LatencyLength,
  capacityPerSecond: number,
  share: number,
  profile: ArrivalProfile,
): Promise<LoadedLatency> {
  const { headgate } = rig.options
  const ratePerSecond = Math.max(1, capacityPerSecond * share)
  const open = {
    kind: 'open',
    connections: 64,
    ratePerSecond,
    seconds: length.seconds,
    profile,
    seed: length.seed,
  } as const
  const result = await rig.load(headgate, { ...open, target: headgate.target(smallWork), expectedStatus: 200 })
  return { profile, share, ratePerSecond, latency: result.latency, late: result.late, trouble: troubleOf(result) }
}
