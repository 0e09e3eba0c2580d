// Publishes a heartbeat each second: what the node serves, how far behind it is, what is queued in it, and what is
// wrong. Readers subscribe to `subjects.heartbeat`.
import { randomUUID } from 'node:crypto'
import { getHeapStatistics } from 'node:v8'
import { bounds } from '../../shared/bounds.ts'
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { LinkState, NodeHeartbeat, ProcessLoad } from '../../shared/telemetry/records.ts'
import { type Bus, encodeJson, subjects } from '../bus/bus.ts'
import type { FollowerStatus } from '../config-log/follower/follower-status.ts'
import { EventLoopLag } from './event-loop-lag.ts'

export interface PulseOptions {
  readonly node: BeatingNode
  readonly bus: Bus
  readonly clock: Clock
  /** Called for each heartbeat. */
  facts(): HeartbeatFacts
}

export interface BeatingNode extends Pick<NodeHeartbeat, 'role' | 'version' | 'region' | 'masterKeys'> {
  readonly name: string
}

export interface HeartbeatFacts
  extends Pick<
    NodeHeartbeat,
    'targets' | 'refusals' | 'limits' | 'unpriced' | 'budgets' | 'quotas' | 'bodyMemory' | 'refusedMessages'
  > {
  readonly status: Pick<FollowerStatus, 'revision' | 'hash' | 'lagMs'>
  readonly troubles: readonly Trouble[]
  readonly draining?: boolean
  readonly queues?: NodeHeartbeat['queues']
  readonly openRequests?: number
  readonly link?: LinkState | undefined
}

export class HeartbeatPublisher {
  readonly #options: PulseOptions
  readonly #lag = new EventLoopLag()
  readonly #timer: Timer
  readonly #boot = randomUUID()
  #count = 0
  #load: ProcessLoad['eventLoopLagMs'] = { p50: 0, p99: 0, max: 0 }

  constructor(options: PulseOptions) {
    this.#options = options
    this.#lag.start()
    this.#timer = options.clock.every(bounds.heartbeatMs, () => this.beat())
  }

  /** Publishes a heartbeat at once. Callers also use it out of turn, for a change that others wait for. */
  beat(): void {
    this.#load = this.#lag.read()
    this.#count++
    this.#options.bus.publish(subjects.heartbeat, encodeJson(this.read()))
  }

  /** Returns the heartbeat as it would be published now. */
  read(): NodeHeartbeat {
    const { node, clock } = this.#options
    const facts = this.#options.facts()
    const { status, troubles, draining = false, queues = {}, openRequests, link, refusedMessages = [], ...rest } = facts
    const { revision, hash } = status
    const heap = getHeapStatistics()
    const { queues: linkQueues, ...linkState } = link ?? {}
    const { name, role, region, version, masterKeys } = node
    return {
      node: name,
      role,
      region,
      version,
      revision,
      hash,
      draining,
      ...rest,
      ...(refusedMessages.length === 0 ? {} : { refusedMessages }),
      queues: { ...queues, ...linkQueues },
      ...(link === undefined ? {} : { link: linkState as Omit<LinkState, 'queues'> }),
      lagMs: Math.round(status.lagMs),
      atMs: clock.wallMs(),
      beat: { boot: this.#boot, count: this.#count },
      ...(masterKeys === undefined ? {} : { masterKeys }),
      troubles: troubles.map(({ reason }) => reason),
      process: {
        rssBytes: residentBytes(),
        heapBytes: heap.used_heap_size,
        heapBytesMax: heap.heap_size_limit,
        eventLoopLagMs: this.#load,
        ...(openRequests === undefined ? {} : { openRequests }),
      },
    }
  }

  stop(): void {
    this.#timer.cancel()
    this.#lag.stop()
  }
}

/** Returns 0 when the value cannot be read, for example without free file descriptors: that must not end the
 *  process. */
function residentBytes(): number {
  try {
    return process.memoryUsage.rss()
  } catch {
    return 0
  }
}
