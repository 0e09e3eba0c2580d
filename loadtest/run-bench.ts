// The whole bench as one function: starts everything, runs the scenarios that were asked for, stops everything.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startLoadGenerator } from './load/load-generator.ts'
import { hasWrk } from './load/wrk.ts'
import { type MachineFacts, machineFacts } from './measure/machine.ts'
import { type Engine, Rig } from './measure/rig.ts'
import { strictRules, tinyRules } from './measure/rounds.ts'
import { startMockUpstream } from './mock-upstream/mock-upstream.ts'
import { startHeadgate } from './peers/headgate.ts'
import { startHeadgateCluster } from './peers/headgate-cluster.ts'
import { startNginx } from './peers/nginx.ts'
import { startPortkey } from './peers/portkey.ts'
import { directSubject } from './peers/subject.ts'
import { ratioScenarios, rejectScenarios, works } from './scenarios/catalogue.ts'
import { type ClusterOutcome, runCluster } from './scenarios/cluster.ts'
import { type LatencyOutcome, runLatency } from './scenarios/latency.ts'
import { type OpenStreamsOutcome, runOpenStreams } from './scenarios/open-streams.ts'
import { type RatioOutcome, type RunLength, runRatio } from './scenarios/ratios.ts'
import { type RejectOutcome, runReject } from './scenarios/rejects.ts'
import { runSoak, type SoakOutcome } from './scenarios/soak.ts'

export const scenarioIds = [
  'S1',
  'S2',
  'S3',
  'S4',
  'S5',
  'S8',
  'S10',
  'S13',
  'S14',
  'S15',
  'latency',
  'cluster',
] as const
export type ScenarioId = (typeof scenarioIds)[number]
/** S10, S15 and the cluster take their time and the whole machine, so they run when they are named. */
export const usualScenarioIds: readonly ScenarioId[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S8', 'S13', 'S14', 'latency']

export interface BenchOptions {
  /** A few seconds that show that figures come out and bytes are right, not how fast anything is. */
  tiny: boolean
  scenarios: readonly ScenarioId[]
  rounds: number
  /** Minimum length of a window. */
  seconds: number
  soakMinutes: number
  portkey: boolean
  seed: number
  /** Told what happens meanwhile, a line at a time. */
  progress: (line: string) => void
}

export interface UsageCheck {
  /** Requests through Headgate: those that reached the mock, those answered completely, and those in the usage records. */
  reached: number
  answered: number
  recorded: number
  inputTokens: number
  outputTokens: number
}

export interface BenchOutcome {
  facts: MachineFacts
  engine: Engine
  options: { tiny: boolean; rounds: number; seconds: number; seed: number }
  ratios: RatioOutcome[]
  rejects: RejectOutcome[]
  latency: LatencyOutcome | undefined
  openStreams: OpenStreamsOutcome | undefined
  soak: SoakOutcome | undefined
  cluster: ClusterOutcome | undefined
  usage: UsageCheck
  failures: string[]
}

export async function runBench(options: BenchOptions): Promise<BenchOutcome> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
  const rig = await startRig(options, root, folder)
  try {
    return await runScenarios(rig, options, root)
  } finally {
    await rig.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function startRig(options: BenchOptions, root: string, folder: string): Promise<Rig> {
  const mock = await startMockUpstream({ tls: true })
  const subjectOptions = { mock, works, folder, root }
  const engine = options.tiny ? 'own' : hasWrk() ? 'wrk' : 'autocannon'
  const starting = [
    startNginx(subjectOptions),
    startHeadgate(subjectOptions),
    options.portkey ? startPortkey(subjectOptions) : Promise.resolve(undefined),
    options.scenarios.includes('cluster') ? startHeadgateCluster(subjectOptions) : Promise.resolve(undefined),
  ] as const
  try {
    const [nginx, headgate, portkey, cluster] = await Promise.all(starting)
    const generator = startLoadGenerator()
    return new Rig({ mock, generator, engine, nginx, portkey, headgate, cluster, direct: directSubject(mock), folder })
  } catch (error) {
    const settled = await Promise.allSettled(starting)
    await Promise.all(settled.map((start) => (start.status === 'fulfilled' ? start.value?.stop() : undefined)))
    await mock.stop()
    throw error
  }
}

async function runScenarios(rig: Rig, options: BenchOptions, root: string): Promise<BenchOutcome> {
  const { tiny, rounds, seconds, seed, soakMinutes, progress } = options
  const asked = ({ id, tiny: isTiny }: { id: string; tiny?: boolean }) =>
    options.scenarios.some((scenario) => scenario === id) && (!tiny || isTiny === true)
  const length: RunLength = {
    rounds,
    seconds,
    seed,
    count: tiny ? 2_000 : undefined,
    rules: tiny ? tinyRules : strictRules,
  }
  const failures: string[] = []
  const attempt = async <Outcome>(title: string, run: () => Promise<Outcome>): Promise<Outcome | undefined> => {
    progress(title)
    try {
      return await run()
    } catch (error) {
      failures.push(`${title}: ${error instanceof Error ? error.message : error}`)
      return undefined
    }
  }
  const wants = (id: ScenarioId) => options.scenarios.includes(id)

  const ratios: RatioOutcome[] = []
  for (const scenario of ratioScenarios.filter(asked)) {
    const outcome = await attempt(`${scenario.id} ${scenario.title}`, () => runRatio(rig, scenario, length))
    if (outcome !== undefined) ratios.push(outcome)
  }
  const rejects: RejectOutcome[] = []
  for (const scenario of rejectScenarios.filter(({ id }) => asked({ id, tiny: true }))) {
    const outcome = await attempt(`${scenario.id} ${scenario.title}`, () => runReject(rig, scenario, length))
    if (outcome !== undefined) rejects.push(outcome)
  }
  const latencyLength = tiny
    ? { rounds: 1, count: 100, seconds: 0.2, seed }
    : { rounds, count: 3_000, seconds: 5, seed }
  const latency = wants('latency') ? await attempt('latency', () => runLatency(rig, latencyLength)) : undefined
  const size = tiny
    ? { idle: 100, stopped: 5, silenceMs: 100, settleMs: 500 }
    : { idle: 9_000, stopped: 1_000, silenceMs: 20_000, settleMs: 3_000 }
  const openStreams = wants('S10') ? await attempt('S10 open streams', () => runOpenStreams(rig, size)) : undefined
  const soak = wants('S15') ? await attempt('S15 soak', () => runSoak(rig, { minutes: soakMinutes, seed })) : undefined
  const { cluster: peer } = rig.options
  const cluster = peer === undefined ? undefined : await attempt('cluster', () => runCluster(rig, peer, length))
  const usage = await checkUsage(rig)
  const kept = { tiny, rounds, seconds, seed }
  const facts = machineFacts(root)
  return {
    facts,
    engine: rig.options.engine,
    options: kept,
    ratios,
    rejects,
    latency,
    openStreams,
    soak,
    cluster,
    usage,
    failures,
  }
}

const usageLagMs = 5_000

/** Usage arrives within two seconds; it is asked for until it is complete or late. */
async function checkUsage(rig: Rig): Promise<UsageCheck> {
  const { reached, answered } = rig.carried
  const untilMs = performance.now() + usageLagMs
  for (;;) {
    const { requests, inputTokens, outputTokens } = await rig.options.headgate.usage()
    if (requests >= reached || performance.now() > untilMs) {
      return { reached, answered, recorded: requests, inputTokens, outputTokens }
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
