// One of the aggregators of a cluster. In a process of its own it beats like any other node and keeps a copy of the log;
// where all roles share a process, the proxy beats and control keeps the copy.
import { randomUUID } from 'node:crypto'
import { JetStreamLedgerStore } from '../../../cluster/budgets/jetstream-ledger-store.ts'
import { ledgersOf } from '../../../cluster/budgets/read-ledgers.ts'
import { sealLedgers } from '../../../cluster/budgets/sealed-ledgers.ts'
import type { Bus } from '../../../cluster/bus/bus.ts'
import type { Follower } from '../../../cluster/config-log/follower/follower.ts'
import { JetStreamLeaseStore } from '../../../cluster/leases/jetstream-lease-store.ts'
import { LeaseKeeper } from '../../../cluster/leases/lease-keeper.ts'
import { type HeartbeatFacts, HeartbeatPublisher } from '../../../cluster/membership/heartbeat-publisher.ts'
import { hearOtherParts } from '../../../cluster/membership/process-standing.ts'
import { idsOf, keysFor } from '../../../cluster/secrets/master-keys.ts'
import { JetStreamUsageStream } from '../../../cluster/telemetry-stream/jetstream-usage-stream.ts'
import { usageMacOf } from '../../../cluster/telemetry-stream/usage-mac.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import { type Aggregator, startAggregator } from '../../aggregator/main.ts'
import { aggregatorOptions, followLog, publish } from './aggregator-parts.ts'
import { type ClusterLog, openClusterLog } from './cluster-log.ts'
import { type Connected, connectToCluster } from './connect-to-cluster.ts'
import type { RunningThread, ThreadContext } from './thread-context.ts'

export async function startInCluster(context: ThreadContext): Promise<RunningThread> {
  const cluster = await connectToCluster(context)
  const { bus } = cluster
  const isOwnNode = context.task.role === 'aggregator'
  const shared = isOwnNode ? await openClusterLog(context, cluster, { appends: false }) : undefined
  const usage = joinUsage(context, cluster)
  const publisher = usage.leases.lease('publisher')
  publisher.wish('hold')
  const owned = () => aggregator.owned()
  const { link } = cluster
  const budgets = sealLedgers(new JetStreamLedgerStore({ link }), ...keysFor('budgetKey', context.task.masterKeys))
  const ledgers = () => ledgersOf(budgets)
  const publishing = publish(context, { bus, owned, publisherEpoch: () => publisher.epoch, ledgers })
  const aggregator = startAggregator({ ...aggregatorOptions(context), bus, publishing, cluster: usage })
  const config = await followLog(context, { own: shared?.log, onState: publishing.configure })
  const ownTroubles = () => [...cluster.troubles(), ...usageTroubles(cluster, aggregator)]
  const nodeTroubles = () => [...ownTroubles(), ...(shared?.troubles() ?? []), ...config.troubles()]
  const others = hearOtherParts(context.bus, 'aggregator')
  const troubles = () => [...nodeTroubles(), ...others.troubles()]
  const node = { cluster, aggregator, shared, follower: config.follower, troubles }
  const beats = isOwnNode ? startBeating(context, bus, () => heartbeatFacts(node)) : undefined
  return {
    standing: () => ({
      troubles: isOwnNode ? nodeTroubles() : ownTroubles(),
      heartbeat: beats?.read(),
      refusedMessages: cluster.macs.alarm.counts(),
    }),
    close: async () => {
      beats?.stop()
      others.stop()
      publishing.stop()
      await usage.leases.stop()
      await aggregator.close()
      await config.close()
      await shared?.close()
      await cluster.close()
    },
  }
}

/** The aggregator's troubles, left out while all of NATS is away: the link reports that itself. */
function usageTroubles({ link }: Connected, aggregator: Aggregator): Trouble[] {
  return link.status.isConnected ? aggregator.troubles() : []
}

/** The stream of usage, and the leases of those who keep it. */
function joinUsage({ task, clock }: ThreadContext, { link, macs }: Connected) {
  const boot = randomUUID()
  const stream = new JetStreamUsageStream({ link, clock, mayCreate: true })
  const store = new JetStreamLeaseStore({ link, mac: macs.channel('leases') })
  const leases = new LeaseKeeper({ store, clock, owner: `${task.node}/${boot}` })
  leases.start()
  return { boot, stream, mac: usageMacOf(macs), leases }
}

interface OwnNode {
  readonly cluster: Connected
  readonly aggregator: Aggregator
  readonly shared: ClusterLog | undefined
  readonly follower: Follower
  troubles(): Trouble[]
}

function heartbeatFacts({ cluster, aggregator, shared, follower, troubles }: OwnNode): HeartbeatFacts {
  return {
    status: follower.status,
    troubles: troubles(),
    link: cluster.state(shared?.log),
    queues: aggregator.queues(),
    refusedMessages: cluster.macs.alarm.counts(),
  }
}

function startBeating({ task, clock }: ThreadContext, bus: Bus, facts: () => HeartbeatFacts): HeartbeatPublisher {
  const { node: name, version, settings } = task
  const masterKeys = idsOf(task.masterKeys)
  const node = { name, role: 'aggregator' as const, version, region: settings.region, masterKeys }
  const beats = new HeartbeatPublisher({ bus, clock, node, facts })
  beats.beat()
  return beats
}
