// Which partitions this aggregator keeps, and which of them it owns. Two keep each partition: the first two of a ranking that
// everybody works out from who is there. The first holds the lease of the partition and answers for it; the second has read
// just as far, and takes over when the first is silent. Who has more of a partition than those two goes on keeping it, so
// that nobody's coming makes the past shorter.

import { type Bus, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import type { LeaseHandle, LeaseKeeper } from '../../../cluster/leases/lease-keeper.ts'
import { keepersOf } from '../../../cluster/telemetry-stream/assignment.ts'
import { type Heard, keptBy, ReplicaPeers } from '../../../cluster/telemetry-stream/replica-peers.ts'
import type { UsageMac } from '../../../cluster/telemetry-stream/usage-mac.ts'
import type { UsageStream } from '../../../cluster/telemetry-stream/usage-stream.ts'
import { bounds } from '../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { KeepingMessage, KeptPartition } from '../../../shared/telemetry/keeping-message.ts'
import { partitionsCount } from '../../../shared/telemetry/partition.ts'
import type { Stored } from '../../../shared/telemetry/stored.ts'
import type { CommittedSource, UsageCommitter } from '../usage-committer.ts'
import { Confirmations } from './confirmations.ts'
import type { ParkedUsage } from './parked-usage.ts'
import { PartitionReader } from './partition-reader.ts'
import { StreamEnds } from './stream-ends.ts'
import { trimmedTo } from './trimming.ts'

export interface KeepingOptions {
  node: string
  boot: string
  stream: UsageStream
  leases: Pick<LeaseKeeper, 'lease'>
  committer: UsageCommitter
  mac: Pick<UsageMac, 'judge'>
  parked: Pick<ParkedUsage, 'park'>
  tell: (stored: Stored) => void
  bus: Bus
  clock: Clock
  notify: Notify
}

const tickMs = 250
/** First others are listened for: who is alone would take everything. */
const listenMs = 1_500
/** A reader that was at the end of its stream not longer ago than this has what there is. */
const caughtUpMs = 5_000
const warnMs = 60_000
/** Two readings of one stream may differ by so much in since when they are complete. */
const sameTimeMs = 1_000
/** An owner that is there and does not take its lease is passed over after so long. */
const passedOverMs = 6_000

export class PartitionReplicas {
  readonly #options: KeepingOptions
  readonly #keepers: ReplicaPeers
  readonly #ends: StreamEnds
  readonly #confirmations: Confirmations
  readonly #readers = new Map<number, PartitionReader>()
  readonly #leases: LeaseHandle[]
  #timers: Timer[] = []
  #told = 0
  #twinTold = false
  #warnedMs = Number.NEGATIVE_INFINITY

  constructor(options: KeepingOptions) {
    this.#options = options
    const { bus, clock, stream, leases, tell } = options
    this.#confirmations = new Confirmations({ clock, tell, othersStored: (partition) => this.#othersStored(partition) })
    this.#leases = Array.from({ length: partitionsCount }, (_, partition) => leases.lease(`partition-${partition}`))
    this.#keepers = new ReplicaPeers(bus, clock, (message) => this.#onHeard(message))
    this.#ends = new StreamEnds({ stream, clock, onFacts: (facts) => void this.#trim(facts) })
  }

  start(): void {
    const { clock } = this.#options
    this.#ends.start()
    // Others may be there already: to be heard of is what it takes to know them.
    this.#tell()
    const startMs = clock.monotonicMs()
    this.#timers = [
      clock.every(tickMs, () => {
        if (clock.monotonicMs() - startMs >= listenMs) this.#assign()
      }),
      clock.every(bounds.heartbeatMs, () => {
        this.#tell()
        this.#confirmations.release()
      }),
    ]
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) timer.cancel()
    this.#ends.stop()
    this.#keepers.stop()
    await Promise.all([...this.#readers.values()].map((reader) => reader.stop()))
  }

  /** Must be called after each commit. */
  committed(sources: readonly CommittedSource[]): void {
    const { committer } = this.#options
    this.#confirmations.committed(
      sources.map((source) => ({ ...source, position: committer.positionStored(source.partition)?.sequence ?? 0 })),
    )
    // Others may wait for it.
    if (sources.length > 0) this.#tell()
  }

  /** The database was lost while this ran. */
  restart(): void {
    for (const reader of this.#readers.values()) reader.restart()
  }

  /** Partitions for which this node may speak now, with the epochs under which it does. */
  owned(): { partition: number; epoch: number }[] {
    return this.#leases.flatMap(({ epoch }, partition) =>
      epoch === undefined || !this.#readers.has(partition) ? [] : [{ partition, epoch }],
    )
  }

  /** How far everybody else who keeps up has committed it; undefined while this node cannot see the end of the stream. */
  #othersStored(partition: number): number | undefined {
    if (this.#readers.get(partition)?.isAtEnd !== true) return undefined
    const kept = this.#keepers
      .alive()
      .filter(({ node }) => node !== this.#options.node)
      .flatMap((heard) => keptBy(heard, partition) ?? [])
    return Math.min(...kept.filter(({ isCaughtUp }) => isCaughtUp).map(({ sequence }) => sequence))
  }

  standing(): KeptPartition[] {
    const { committer, clock } = this.#options
    const nowMs = clock.monotonicMs()
    return [...this.#readers].map(([partition, reader]) => {
      const { epoch } = this.#leases[partition]!
      return {
        partition,
        ...(epoch === undefined ? {} : { epoch }),
        isCaughtUp: !committer.isFailing && reader.atEndMs !== undefined && nowMs - reader.atEndMs < caughtUpMs,
        lagMs: Math.round(reader.lagMs(nowMs)),
        // A partition that was never read is complete at no time.
        completeSinceMs: committer.completeSinceMs(partition) ?? Number.MAX_SAFE_INTEGER,
        sequence: committer.positionStored(partition)?.sequence ?? 0,
      }
    })
  }

  /** Why partitions are not read; empty when all are. */
  troubles(): string[] {
    return [...new Set([...this.#readers.values()].flatMap(({ trouble }) => trouble ?? []))]
  }

  #onHeard({ node, boot, partitions }: KeepingMessage): void {
    for (const { partition, epoch } of partitions) if (epoch !== undefined) this.#leases[partition]!.hear(epoch)
    if (node !== this.#options.node || boot === this.#options.boot || this.#twinTold) return
    this.#twinTold = true
    const message = `another aggregator runs under the name ${node}: give each node a HEADGATE_NODE_NAME of its own`
    this.#options.notify({ type: 'warning', message })
  }

  #assign(): void {
    const { node } = this.#options
    const others = this.#keepers.alive().filter((heard) => heard.node !== node)
    const names = [node, ...others.map((heard) => heard.node)]
    for (let partition = 0; partition < partitionsCount; partition++) {
      const { owner, standby } = keepersOf(partition, names)
      if (owner === node || standby === node) {
        this.#keep(partition)
        this.#wish(partition, owner === node ? undefined : others.find((heard) => heard.node === owner))
      } else this.#leave(partition, [owner, standby], others)
    }
  }

  #keep(partition: number): void {
    if (this.#readers.has(partition)) return
    const { stream, committer, mac, parked, clock, notify } = this.#options
    const reader = new PartitionReader({
      partition,
      stream,
      committer,
      mac,
      parked,
      clock,
      notify,
      ends: this.#ends,
      onOtherStream: () => this.#confirmations.forget(partition),
    })
    this.#readers.set(partition, reader)
    reader.start()
  }

  /** `first`: who comes before this node. */
  #wish(partition: number, first: Heard | undefined): void {
    const lease = this.#leases[partition]!
    // Whoever holds goes on until somebody who has everything can take it.
    const mayTake = first === undefined || (lease.epoch !== undefined && keptBy(first, partition)?.isCaughtUp !== true)
    const isPassedOver = lease.epoch === undefined && lease.unchangedMs > passedOverMs
    lease.wish(mayTake || isPassedOver ? 'hold' : 'watch')
  }

  /** Two others keep it from now on. */
  #leave(partition: number, names: readonly (string | undefined)[], others: readonly Heard[]): void {
    const reader = this.#readers.get(partition)
    if (reader === undefined) return
    this.#leases[partition]!.wish('ignore')
    const ownMs = this.#options.committer.completeSinceMs(partition)
    const followers = others.filter(({ node }) => names.includes(node))
    const areReady = followers.every((heard) => {
      const kept = keptBy(heard, partition)
      return kept?.isCaughtUp === true && kept.completeSinceMs <= (ownMs ?? Number.MAX_SAFE_INTEGER) + sameTimeMs
    })
    if (followers.length < 2 || !areReady) return
    this.#readers.delete(partition)
    void reader.stop()
  }

  #tell(): void {
    const { bus, node, boot } = this.#options
    const message: KeepingMessage = { node, boot, count: ++this.#told, partitions: this.standing() }
    bus.publish(subjects.keeping, encodeJson(message))
  }

  /** Trims the stream for all nodes; only the owner of the first partition does. */
  async #trim(facts: Parameters<typeof trimmedTo>[0]): Promise<void> {
    if (this.#leases[0]!.epoch === undefined) return
    const { node, boot, stream, clock, notify } = this.#options
    const own = { node, boot, partitions: this.standing() }
    const others = this.#keepers.alive().filter((heard) => heard.node !== node)
    const verdict = trimmedTo(facts, [own, ...others])
    if (verdict.heldBackBy !== undefined && clock.monotonicMs() - this.#warnedMs >= warnMs) {
      this.#warnedMs = clock.monotonicMs()
      notify({ type: 'warning', message: `the usage stream is nearly full: ${verdict.heldBackBy}` })
    }
    if (verdict.firstSequence !== undefined) await stream.trim(verdict.firstSequence)
  }
}
