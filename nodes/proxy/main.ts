// A proxy node: its parts, in the order in which they start. They stop in reverse.
import { randomBytes } from 'node:crypto'
import type { Bus } from '../../cluster/bus/bus.ts'
import type { Hold } from '../../cluster/data-folder/hold.ts'
import type { Gossip } from '../../cluster/gossip/gossip.ts'
import { LinkWatch } from '../../cluster/membership/link-watch.ts'
import { keysFor, type MasterKeys } from '../../cluster/secrets/master-keys.ts'
import { bounds } from '../../shared/bounds.ts'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Standing, Trouble } from '../../shared/readiness.ts'
import type { Settings } from '../../shared/settings.ts'
import type { MessageCount, NodeHeartbeat } from '../../shared/telemetry/records.ts'
import { AnswerCounts } from './accounting/answer-counts.ts'
import type { CollectedHeap } from './accounting/heap-relief.ts'
import { type ProxyFacts, type ProxyStanding, proxyTroubles, startHeartbeats } from './accounting/heartbeats.ts'
import { type BodyMemoryLimits, MemoryPressure } from './accounting/memory-pressure.ts'
import { openRecords } from './accounting/open-records.ts'
import { Settlement } from './accounting/settle.ts'
import { Admission } from './admission/admit.ts'
import { OpenRequests } from './admission/open-requests.ts'
import { Entry } from './apis/entry.ts'
import { openApis, openBatches, openRealtime } from './apis/open-apis.ts'
import { KeyWatch } from './attempts/live/key-watch.ts'
import { LiveRequests } from './attempts/live/live-requests.ts'
import { drain } from './http/drain.ts'
import type { HttpServer } from './http/http.ts'
import { openDataPort } from './http/open-data-port.ts'
import { keyOpenMaxOf, openRequestsMax } from './http/open-requests-max.ts'
import { parsedShares, SharedBudget } from './http/shared-budget.ts'
import { openJobs } from './large/open-jobs.ts'
import { openLimits } from './limits/open-limits.ts'
import { OutputLengths } from './limits/output-lengths.ts'
import { Pipeline } from './pipeline.ts'
import type { Policy } from './policies/policy.ts'
import { ObjectIds } from './provider-objects/object-ids.ts'
import type { Credential } from './providers/credential.ts'
import { Identities } from './providers/credentials/identities.ts'
import { DemoUpstream, demoOr } from './providers/demo/demo-upstream.ts'
import { quotaFacts } from './quotas/quota-facts.ts'
import { Quotas } from './quotas/quotas.ts'
import { followWeights } from './routing/fleet-weights.ts'
import { LatencyEstimates } from './routing/latency-estimates.ts'
import { TimerWheel } from './routing/timer-wheel.ts'
import type { ConfigFollower } from './snapshot/follow-config.ts'
import { openConfig } from './snapshot/open-config.ts'
import { untilConfigured } from './snapshot/until-configured.ts'
import { bootEpoch } from './telemetry/recorder.ts'
import { openUpstream } from './upstream/choose-upstream.ts'

export interface ProxyOptions {
  readonly settings: Settings
  readonly node: { readonly name: string; readonly role: NodeHeartbeat['role']; readonly version: string }
  readonly masterKeys: MasterKeys
  readonly dataDir: string
  readonly bus: Bus
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The memory for request bodies and for what is made of them; by default what `bounds` allows. */
  readonly memory?: BodyMemoryLimits | undefined
  /** The heap of this thread; without it nobody collects what large bodies left. */
  readonly heap?: CollectedHeap | undefined
  /** Whether the rest of the node is ready too. */
  isNodeReady(): boolean
  /** The standing of the whole process; without one the proxy speaks for itself. */
  readonly process?: {
    /** The verdict over all parts, which the data port tells too. */
    look(): Standing
    /** Troubles of the other parts, which the heartbeats of this one tell too. */
    otherTroubles(): readonly Trouble[]
    /** Messages of other nodes that the process did not believe, for the same heartbeats. */
    refusedMessages(): readonly MessageCount[]
  }
  /** A configuration that is held back, because it has ended this process again and again. */
  readonly hold?: Hold | undefined
  /** Called before a configuration is put to use. */
  onServing?(revision: number): void
  /** Called when a newer configuration has arrived, so that none is held back any more. */
  onReleased?(): void
  /** The policies, in the order in which they are asked before the first attempt. Default: those of the configuration. */
  readonly policies?: readonly Policy[]
}

export interface ProxyNode {
  readonly port: number
  standing(): ProxyStanding
  openRequests(): number
  /** Stops listening, lets open requests finish for `drainMs`, cuts the rest. Answers how many were cut. */
  drain(drainMs: number): Promise<number>
}

export async function startProxy(options: ProxyOptions): Promise<ProxyNode> {
  const parts = await openParts(options)
  const { config, recorder, limits, timers, keyWatch, realtime, identities, latencyEstimates, batches } = parts
  await config.boot()
  config.start()
  const weights = followWeights(options.bus, latencyEstimates, options.clock)
  recorder.start()
  limits.start()
  timers.start()
  keyWatch.start()
  parts.idempotency.start()
  realtime.start()
  batches.start()
  const { clock, node, bus } = options
  if (node.role === 'proxy') await untilConfigured(config, clock)
  await identities.settledWithin(identitiesMsMax)
  const server = await listen(options, parts)
  const link = new LinkWatch(bus, clock)
  const memory = MemoryPressure.watch(options, { bodies: server.bodyMemory, parsed: parts.pipeline.parsedMemory })
  const heartbeats = startHeartbeats(options, () => factsOf(options, parts, { server, link, memory }))
  return {
    port: server.port,
    standing: () => ({ heartbeat: heartbeats.read(), troubles: proxyTroubles({ ...parts, memory }) }),
    openRequests: () => server.openRequests,
    async drain(drainMs) {
      parts.state.draining = true
      heartbeats.beat()
      realtime.drain()
      const cutOpen = () => parts.live.cut(() => shuttingDown)
      const cut = await drain(server, drainMs, { clock, cutOpen })
      realtime.stop()
      server.close()
      heartbeats.stop()
      memory.stop()
      // Within one process the aggregator takes up what is left at the next start.
      const patienceMs = link.state?.connected === true ? lastRecordsMsMax : 0
      link.stop()
      keyWatch.stop()
      batches.stop()
      await parts.idempotency.stop()
      await limits.stop()
      timers.stop()
      parts.direct.close()
      parts.jobs.close()
      await recorder.close(patienceMs)
      identities.stop()
      weights.stop()
      await config.stop()
      return cut
    },
  }
}

const jobScript = new URL('./jobs/job-process.ts', import.meta.url)
const shuttingDown = { type: 'shutting-down' } as const

type Parts = Awaited<ReturnType<typeof openParts>>

/** The time that a start waits for the identities of providers, which the first requests need. */
const identitiesMsMax = 2_000
/** The time that a stop waits for its last usage records to arrive. */
const lastRecordsMsMax = 5_000

async function openParts(options: ProxyOptions) {
  const { clock, chance, notify, environment } = options
  const live = new LiveRequests()
  const identities = new Identities({ clock, chance, notify, environment })
  const latencyEstimates = new LatencyEstimates()
  const config = await openConfig(options, { identities, latencyEstimates })
  const epoch = bootEpoch(clock, chance)
  const recorder = openRecords({ ...options, epoch })
  const jobs = openJobs({ settings: options.settings, script: jobScript, clock, notify })
  const limits = openLimits({ ...options, jobs }, epoch)
  const keyWatch = new KeyWatch({ live, clock, snapshot: () => config.current(), endOf: limits.endOf })
  config.onSnapshot = () => keyWatch.look()
  const policies = options.policies ?? limits.policies
  const quotas = openQuotas(options, limits.gossip)
  const timers = new TimerWheel(clock)
  const direct = await openUpstream({ environment, clock, notify })
  const state = { draining: false, server: undefined as HttpServer | undefined }
  const counts = new AnswerCounts(notify)
  const settlement = new Settlement({ clock, chance, notify, recorder: recorder.sink, counts })
  const admission = openAdmission(options, config, () => state.server?.openRequests ?? 0)
  const ids = new ObjectIds(...keysFor('idKey', options.masterKeys))
  const upstreamOf = demoOr(direct, new DemoUpstream(clock))
  const quota = { quotas, lengths: new OutputLengths() }
  const common = { clock, chance, notify, timers, settlement, live, upstreamOf, intents: recorder.journal, quota }
  const entry = new Entry(policies, settlement)
  const realtime = openRealtime(options, { ...common, admission, entry })
  const batches = openBatches(options, { ...common, ids, policies, snapshot: () => config.snapshot })
  const { apis, idempotency } = openApis(options, { ...common, ids, jobs, policies, entry, batches }, epoch)
  const pipeline = new Pipeline({
    parsedMemory: new SharedBudget(options.memory?.parsedBytesMax ?? bounds.parsedBodiesBytesMax, parsedShares),
    clock,
    chance,
    settlement,
    admission,
    apis,
    realtime,
    countRejection: counts.countRejection,
    standing: () => options.process?.look() ?? { status: 'ok', reasons: [] },
    isReady: () => config.snapshot !== undefined && !state.draining && options.isNodeReady(),
    idPrefix: `req_${randomBytes(8).toString('hex')}`,
    clusterMarks: clusterMarksOf(options),
  })
  return {
    clusterMarks: clusterMarksOf(options),
    idempotency,
    config,
    recorder,
    timers,
    live,
    keyWatch,
    realtime,
    identities,
    latencyEstimates,
    direct,
    jobs,
    state,
    counts,
    limits,
    quotas,
    batches,
    pipeline,
  }
}

function clusterMarksOf({ masterKeys }: ProxyOptions): string[] {
  return keysFor('clusterMark', masterKeys).map((mark) => Buffer.from(mark).toString('hex'))
}

function openQuotas({ clock, chance, masterKeys, settings }: ProxyOptions, gossip: Gossip): Quotas<Credential> {
  const [hashKey] = keysFor('limitKey', masterKeys)
  return new Quotas({ gossip, clock, chance, hashKey, queueMax: settings.queueMax })
}

function openAdmission(
  { settings, clock }: ProxyOptions,
  config: Pick<ConfigFollower, 'current'>,
  openRequests: () => number,
): Admission {
  const openMax = openRequestsMax()
  const open = new OpenRequests(settings.keyOpenMax ?? keyOpenMaxOf(openMax))
  return new Admission({ clock, snapshot: () => config.current(), openRequests, openRequestsMax: openMax, open })
}

async function listen({ settings, memory, clock, notify }: ProxyOptions, { pipeline, state, clusterMarks }: Parts) {
  const port = { settings, clusterMarks, bodiesInFlightBytesMax: memory?.bodiesBytesMax }
  state.server = await openDataPort(port, pipeline, { clock, notify })
  return state.server
}

function factsOf(
  { process }: ProxyOptions,
  parts: Parts,
  around: Pick<ProxyFacts, 'server' | 'link' | 'memory'>,
): ProxyFacts {
  const { config, recorder, state, counts, limits, quotas, batches } = parts
  const otherTroubles = process?.otherTroubles() ?? []
  const refusedMessages = process?.refusedMessages() ?? []
  return {
    ...around,
    config,
    recorder: { queues: () => ({ ...recorder.queues(), ...batches.queues() }), troubles: recorder.troubles },
    ...counts.facts(),
    ...limits.facts(),
    quotas: quotaFacts(quotas),
    otherTroubles,
    refusedMessages,
    isDraining: state.draining,
  }
}
