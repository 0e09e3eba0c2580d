// What a proxy says of itself each second.
import type { Bus } from '../../../cluster/bus/bus.ts'
import { type HeartbeatFacts, HeartbeatPublisher } from '../../../cluster/membership/heartbeat-publisher.ts'
import type { LinkWatch } from '../../../cluster/membership/link-watch.ts'
import { idsOf, type MasterKeys } from '../../../cluster/secrets/master-keys.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { MessageCount, NodeHeartbeat, NodeRole } from '../../../shared/telemetry/records.ts'
import type { HttpServer } from '../http/http.ts'
import type { ConfigFollower } from '../snapshot/follow-config.ts'
import { refusedCredentials } from '../snapshot/refused-credentials.ts'
import { targetReports } from '../snapshot/target-health.ts'
import type { Recorder } from '../telemetry/recorder.ts'
import type { MemoryPressure } from './memory-pressure.ts'

export interface ProxyFacts {
  readonly config: Pick<ConfigFollower, 'status' | 'troubles' | 'snapshot' | 'nowMs'>
  readonly recorder: Pick<Recorder, 'queues' | 'troubles'>
  readonly rejections: ReadonlyMap<string, number>
  /** Requests beyond limits, by `name mode`. */
  readonly limitsExceeded: ReadonlyMap<string, number>
  /** Answers whose cost nobody knows, by model. */
  readonly unpriced: ReadonlyMap<string, number>
  readonly budgets: NonNullable<NodeHeartbeat['budgets']>
  readonly quotas: NodeHeartbeat['quotas']
  readonly server: Pick<HttpServer, 'openRequests'>
  readonly link: Pick<LinkWatch, 'state'>
  readonly memory: Pick<MemoryPressure, 'troubles' | 'use'>
  readonly isDraining: boolean
  /** Troubles of the other parts of the process. */
  readonly otherTroubles: readonly Trouble[]
  /** Messages of other nodes that the process did not believe. */
  readonly refusedMessages: readonly MessageCount[]
}

/** What a proxy says of itself within its process. */
export interface ProxyStanding {
  heartbeat: NodeHeartbeat
  troubles: Trouble[]
}

/** The parts that tell their troubles. */
type ToldParts = Pick<ProxyFacts, 'config' | 'recorder'> & { readonly memory: Pick<MemoryPressure, 'troubles'> }

export interface BeatingNode {
  readonly bus: Bus
  readonly clock: Clock
  readonly node: { readonly name: string; readonly role: NodeRole; readonly version: string }
  readonly settings: { readonly region: string }
  readonly masterKeys: MasterKeys
}

/** Starts the heartbeats. The first is sent at once, so that others know of the node from its first second on. */
export function startHeartbeats(beating: BeatingNode, read: () => ProxyFacts): HeartbeatPublisher {
  const { bus, clock, settings } = beating
  const node = { ...beating.node, region: settings.region, masterKeys: idsOf(beating.masterKeys) }
  const facts = () => heartbeatOf(read())
  const publisher = new HeartbeatPublisher({ bus, clock, node, facts })
  publisher.beat()
  return publisher
}

export function proxyTroubles({ config, recorder, memory }: ToldParts): Trouble[] {
  const credentials = refusedCredentials(config.snapshot?.connections() ?? [])
  return [...config.troubles(), ...recorder.troubles(), ...memory.troubles(), ...credentials]
}

function heartbeatOf(facts: ProxyFacts): HeartbeatFacts {
  const { config, recorder, rejections, limitsExceeded, budgets, server, link, memory, isDraining, otherTroubles } =
    facts
  return {
    draining: isDraining,
    status: config.status,
    troubles: [...proxyTroubles(facts), ...otherTroubles],
    queues: recorder.queues(),
    link: link.state,
    openRequests: server.openRequests,
    refusals: Object.fromEntries(rejections),
    bodyMemory: memory.use(),
    limits: Object.fromEntries(limitsExceeded),
    budgets,
    unpriced: Object.fromEntries(facts.unpriced),
    quotas: facts.quotas,
    refusedMessages: [...facts.refusedMessages],
    targets: targetReports(config.snapshot, config.nowMs),
  }
}
