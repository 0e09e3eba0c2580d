// The bench itself: the mock, the load generator and the subjects, and one measured window of load on one of them.

import { runAutocannon } from '../load/autocannon.ts'
import {
  type ClosedLoopJob,
  type FinishIdleJob,
  type IdleResult,
  type LoadResult,
  type OpenIdleJob,
  type OpenLoopJob,
  type ProbeResult,
  type StreamsJob,
  type Target,
  troubleOf,
} from '../load/jobs.ts'
import type { LoadGenerator } from '../load/load-generator.ts'
import { runWrk, type WindowResult } from '../load/wrk.ts'
import { type Ledger, ledgerSince } from '../mock-upstream/ledger.ts'
import type { MockUpstream } from '../mock-upstream/mock-upstream.ts'
import type { Headgate } from '../peers/headgate.ts'
import type { HeadgateCluster } from '../peers/headgate-cluster.ts'
import type { Subject } from '../peers/subject.ts'
import { readMachine } from './machine.ts'
import { cpuMsOfGroup, cpuMsOfProcess } from './process-group.ts'
import type { Round, Window } from './rounds.ts'

/** `own` sends exact counts and cuts nothing; the other two are for windows of time. */
export type Engine = 'wrk' | 'autocannon' | 'own'

export interface Load {
  connections: number
  expectedStatus: number
  /** Content chunks of each stream; undefined: unary. */
  chunks: number | undefined
  seconds: number
  /** Number of requests; undefined: as many as the seconds allow. */
  count: number | undefined
}

export interface RigOptions {
  mock: MockUpstream
  generator: LoadGenerator
  engine: Engine
  nginx: Subject
  portkey: Subject | undefined
  headgate: Headgate
  /** The cluster, if a scenario of the run needs one. */
  cluster?: HeadgateCluster | undefined
  direct: Subject
  folder: string
}

/** A mock or a generator that is busier than this is what was measured. */
const rigShareMax = 0.9

export class Rig {
  readonly options: RigOptions
  /** Counts of the requests that reached the mock through Headgate, and of those that were answered. */
  readonly carried = { reached: 0, answered: 0 }

  constructor(options: RigOptions) {
    this.options = options
  }

  get subjects(): Subject[] {
    const { nginx, headgate, portkey } = this.options
    return portkey === undefined ? [nginx, headgate] : [nginx, headgate, portkey]
  }

  async measure(subject: Subject, target: Target, load: Load): Promise<Window> {
    const { mock } = this.options
    const before = { ledger: await mock.ledger(), cpuMs: cpuMsOfGroup(subject.group), rigMs: this.#generatorCpuMs() }
    const startedMs = performance.now()
    const result = await this.#run(target, load)
    const seconds = (performance.now() - startedMs) / 1_000
    const cpuMs = cpuMsOfGroup(subject.group) - before.cpuMs
    const generatorCpuShare = (this.#generatorCpuMs() - before.rigMs) / 1_000 / seconds
    const sent = ledgerSince(before.ledger, await mock.ledger())
    const mockCpuShare = sent.cpuMicros / 1e6 / seconds
    if (subject === this.options.headgate) this.#count(sent, load.expectedStatus === 200 ? result.answered : 0)
    const units = result.answered * (load.chunks ?? 1)
    const trouble =
      result.trouble ??
      lossOf(sent, load, units) ??
      (load.count === undefined ? saturation(generatorCpuShare, mockCpuShare) : undefined)
    return { subject: subject.name, units, cpuMs, seconds, trouble, generatorCpuShare, mockCpuShare }
  }

  /** Load without a reading of CPU. */
  async load(subject: Subject, job: ClosedLoopJob | OpenLoopJob | StreamsJob): Promise<LoadResult> {
    return this.#carrying(
      subject,
      () => this.options.generator.run(job),
      (result) => result.answered,
    )
  }

  async idle(job: OpenIdleJob | FinishIdleJob): Promise<IdleResult> {
    return this.#carrying(
      this.options.headgate,
      () => this.options.generator.idle(job),
      (result) => result.completed,
    )
  }

  /** One exchange, its body hashed. */
  async probe(subject: Subject, target: Target): Promise<ProbeResult> {
    const run = () => this.options.generator.probe({ kind: 'probe', target })
    return this.#carrying(subject, run, ({ status }) => (status === 200 ? 1 : 0))
  }

  /** Runs the windows and notes what else went on meanwhile. */
  async round(windows: readonly (() => Promise<Window>)[]): Promise<Round> {
    const before = { machine: readMachine(), knownMs: this.#knownCpuMs() }
    const measured: Window[] = []
    for (const window of windows) measured.push(await window())
    const machine = readMachine()
    const totalMs = Math.max(1, machine.totalMs - before.machine.totalMs)
    const seconds = measured.reduce((sum, { seconds }) => sum + seconds, 0)
    const foreignMs = machine.busyMs - before.machine.busyMs - (this.#knownCpuMs() - before.knownMs)
    const stealShare = (machine.stealMs - before.machine.stealMs) / totalMs
    return { windows: measured, stealShare, foreignShare: Math.max(0, foreignMs) / 1_000 / seconds }
  }

  async stop(): Promise<void> {
    this.options.generator.stop()
    await this.options.cluster?.stop()
    await Promise.all([...this.subjects, this.options.mock].map((part) => part.stop()))
  }

  async #run(target: Target, load: Load): Promise<WindowResult> {
    const { generator, engine, folder } = this.options
    const { connections, expectedStatus, seconds, count, chunks } = load
    const length = count === undefined ? { seconds } : { count }
    if (chunks !== undefined) {
      // Content, finish and [DONE]; the usage frame is shown by those that pass on what they get. Anthropic has five more.
      const frames = { framesMin: chunks + 2, framesMax: chunks + 5 }
      const result = await generator.run({ kind: 'streams', target, connections, ...length, ...frames })
      return { answered: result.answered, trouble: troubleOf(result) }
    }
    if (engine === 'wrk' && count === undefined) return runWrk({ target, connections, seconds, expectedStatus }, folder)
    if (engine === 'autocannon' && count === undefined)
      return runAutocannon({ target, connections, seconds, expectedStatus })
    const result = await generator.run({ kind: 'closed', target, connections, ...length, expectedStatus })
    return { answered: result.answered, trouble: troubleOf(result) }
  }

  async #carrying<Result>(subject: Subject, run: () => Promise<Result>, answered: (result: Result) => number) {
    const before = await this.options.mock.ledger()
    const result = await run()
    const sent = ledgerSince(before, await this.options.mock.ledger())
    if (subject === this.options.headgate) this.#count(sent, answered(result))
    return result
  }

  #count(sent: Ledger, answered: number): void {
    this.carried.reached += sent.requests
    this.carried.answered += answered
  }

  /** This process and the programs it waited for, such as wrk, and the generator. */
  #generatorCpuMs(): number {
    return cpuMsOfProcess(process.pid) + cpuMsOfProcess(this.options.generator.pid)
  }

  #knownCpuMs(): number {
    const { cluster } = this.options
    const groups = this.subjects.map(({ group }) => group)
    if (cluster !== undefined) groups.push(cluster.group, ...cluster.others)
    const subjects = groups.map(cpuMsOfGroup).reduce((sum, ms) => sum + ms, 0)
    return subjects + this.#generatorCpuMs() + cpuMsOfProcess(this.options.mock.pid)
  }
}

function lossOf(sent: Ledger, load: Load, units: number): string | undefined {
  if (load.chunks === undefined || sent.chunks === units) return undefined
  return `${sent.chunks} chunks sent, ${units} received`
}

function saturation(generatorCpuShare: number, mockCpuShare: number): string | undefined {
  if (mockCpuShare > rigShareMax) return 'mock-bound'
  return generatorCpuShare > rigShareMax ? 'generator-bound' : undefined
}
