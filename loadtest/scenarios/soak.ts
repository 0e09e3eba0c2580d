// A long time at 40 % of capacity, all kinds of work mixed: does memory grow, do descriptors leak, does the tail drift?
import { troubleOf } from '../load/jobs.ts'
import { readGroup } from '../measure/process-group.ts'
import type { Rig } from '../measure/rig.ts'
import { slope } from '../measure/statistics.ts'
import { ratioScenarios, smallWork } from './catalogue.ts'
import { capacityOf } from './latency.ts'

export interface SoakLength {
  minutes: number
  seed: number
}

export interface SoakSample {
  minute: number
  pssKb: number
  descriptors: number
  /** Microseconds, of the small unary work. */
  p99: number
  trouble: string | undefined
}

export interface SoakOutcome {
  ratePerSecond: number
  samples: SoakSample[]
  /** Growth over the second half, when caches and heaps have filled. */
  mbPerMinute: number
  descriptorsGrown: number
  /** Last quarter's p99 over the second quarter's. */
  p99Drift: number
  troubles: number
}

const share = 0.4
/** The small work runs for this part of each minute at its rate, then each other work runs for a short time. */
const smallSeconds = 40

export async function runSoak(rig: Rig, length: SoakLength): Promise<SoakOutcome> {
  const ratePerSecond = (await capacityOf(rig, { seconds: 3 })) * share
  const samples: SoakSample[] = []
  const startedMs = performance.now()
  const minute = () => (performance.now() - startedMs) / 60_000
  while (minute() < length.minutes)
    samples.push(await oneMinute(rig, ratePerSecond, length.seed + samples.length, minute))
  const second = samples.slice(samples.length >> 1)
  const quarter = Math.max(1, samples.length >> 2)
  return {
    ratePerSecond,
    samples,
    mbPerMinute: slope(second.map((sample) => [sample.minute, sample.pssKb / 1_024])),
    descriptorsGrown: (second.at(-1)?.descriptors ?? 0) - (second[0]?.descriptors ?? 0),
    p99Drift: worst(samples.slice(-quarter)) / worst(samples.slice(quarter, quarter * 2)),
    troubles: samples.filter((sample) => sample.trouble !== undefined).length,
  }
}

async function oneMinute(rig: Rig, ratePerSecond: number, seed: number, minute: () => number): Promise<SoakSample> {
  const { headgate } = rig.options
  const target = headgate.target(smallWork)
  const open = { kind: 'open', target, connections: 64, profile: 'poisson', seed, expectedStatus: 200 } as const
  const small = await rig.load(headgate, { ...open, ratePerSecond, seconds: smallSeconds })
  const others = [await longBodies(rig), await streams(rig)]
  const { pssKb, descriptors } = readGroup(headgate.group)
  const trouble = troubleOf(small) ?? others.find((other) => other !== undefined)
  return { minute: minute(), pssKb, descriptors, p99: small.latency.p99, trouble }
}

async function longBodies(rig: Rig): Promise<string | undefined> {
  const { headgate } = rig.options
  const bodies = ratioScenarios.filter(({ id }) => id === 'S2' || id === 'S3')
  for (const { work } of bodies) {
    const open = { kind: 'open', connections: 8, ratePerSecond: 100, seconds: 2, profile: 'poisson', seed: 1 } as const
    const trouble = troubleOf(await rig.load(headgate, { ...open, target: headgate.target(work), expectedStatus: 200 }))
    if (trouble !== undefined) return trouble
  }
  return undefined
}

async function streams(rig: Rig): Promise<string | undefined> {
  const { headgate } = rig.options
  for (const { work, chunks = 0, connections } of ratioScenarios.filter(({ id }) => id === 'S4' || id === 'S5')) {
    const frames = { framesMin: chunks + 2, framesMax: chunks + 3 }
    const job = {
      kind: 'streams',
      target: headgate.target(work),
      connections,
      count: connections * 2,
      ...frames,
    } as const
    const trouble = troubleOf(await rig.load(headgate, job))
    if (trouble !== undefined) return trouble
  }
  return undefined
}

function worst(samples: readonly SoakSample[]): number {
  return Math.max(...samples.map((sample) => sample.p99))
}
