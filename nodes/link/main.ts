// The link: what joins a process that serves requests to its cluster, in a thread of its own, so that no request ever waits
// for the network. It keeps this process's copy of the configuration log, brings its usage to the stream, fetches and stores
// the state of its requests, carries messages
// between the bus of the process and NATS, and says how it is. With NATS away it goes on, and so does everything else:
// nothing in the process needs it to answer.

import { JetStreamLedgerStore } from '../../cluster/budgets/jetstream-ledger-store.ts'
import { openRegister } from '../../cluster/budgets/open-register.ts'
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { NatsBus } from '../../cluster/bus/nats-bus.ts'
import type { DataFiles } from '../../cluster/data-folder/data-folder.ts'
import { MessageMacs } from '../../cluster/macs/message-macs.ts'
import { type Linked, linkStateOf } from '../../cluster/membership/link-state.ts'
import { linkTroubles, logTroubles } from '../../cluster/membership/link-troubles.ts'
import type { NatsLink } from '../../cluster/nats/nats-link.ts'
import { openNatsLink } from '../../cluster/nats/open-nats-link.ts'
import { keysFor, type MasterKeys } from '../../cluster/secrets/master-keys.ts'
import { announceState } from '../../cluster/state/announced-state.ts'
import { serveState } from '../../cluster/state/bus-state-store.ts'
import { JetStreamStateStore } from '../../cluster/state/jetstream-state-store.ts'
import { sealState, tellForged } from '../../cluster/state/sealed-state.ts'
import { JetStreamUsageStream } from '../../cluster/telemetry-stream/jetstream-usage-stream.ts'
import { usageMacOf } from '../../cluster/telemetry-stream/usage-mac.ts'
import { UsagePublisher } from '../../cluster/telemetry-stream/usage-publisher.ts'
import { bounds } from '../../shared/bounds.ts'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { NatsSettings } from '../../shared/settings.ts'
import type { MessageCount } from '../../shared/telemetry/records.ts'
import { openBridge } from './bridge.ts'
import { carryCharges } from './charges.ts'
import { keepLogCopy } from './log-copy.ts'
import { carryRelays } from './relays.ts'

export interface LinkOptions {
  readonly node: string
  readonly nats: NatsSettings
  /** The files of the log's copy; absent where another thread of this process keeps it. */
  readonly copy?: { readonly files: DataFiles } | undefined
  readonly masterKeys: MasterKeys
  /** The bus of this process. */
  readonly bus: Bus
  readonly clock: Clock
  readonly chance: Chance
  readonly notify: Notify
}

export interface Link {
  troubles(): Trouble[]
  /** Messages of other nodes that were not believed. */
  refusedMessages(): MessageCount[]
  close(): Promise<void>
}

/** Throws where the servers may not be used as they are named; whether they can be reached shows later. */
export function startLink(options: LinkOptions): Link {
  const { node, nats, masterKeys, bus, clock, chance, notify } = options
  const opened = openNatsLink({ ...nats, name: `headgate ${node} link`, clock, chance, notify })
  if (!opened.ok) throw new Error(`HEADGATE_NATS_URL: ${opened.error.message}`)
  const link = opened.value
  const macs = new MessageMacs({ masterKeys, acceptsUnsigned: nats.acceptsUnsigned, clock, notify })
  const network = new NatsBus({ link, clock, chance, notify, macs })
  const bridge = openBridge({ local: bus, network })
  const charges = carryCharges({ node, local: bus, network })
  const relays = carryRelays({ node, local: bus, network })
  const log = options.copy && keepLogCopy({ ...options.copy, masterKeys, link, macs, bus, clock, notify })
  const stream = new JetStreamUsageStream({ link, clock, mayCreate: false })
  const usage = new UsagePublisher({ node, stream, mac: usageMacOf(macs), bus, network, clock, notify })
  usage.start()
  const onForged = () => macs.alarm.refuse('state', 'forged', 'state')
  const stored = announceState(new JetStreamStateStore({ link, clock }), { clock, notify })
  const sealed = tellForged(sealState(stored, ...keysFor('stateKey', masterKeys)), onForged)
  const state = serveState(bus, sealed)
  const budgets = openRegister({ store: new JetStreamLedgerStore({ link }), masterKeys, bus, clock, notify })
  const linked: Linked = { link, bus: network, log, queues: () => usage.queues() }
  const tell = () => bus.publish(subjects.linkState, encodeJson(linkStateOf(linked)))
  const watching = link.onChange(tell)
  const timer = clock.every(bounds.heartbeatMs, tell)
  return {
    troubles: () => [
      ...linkTroubles(link),
      ...macs.troubles(),
      ...(log === undefined ? [] : [...logTroubles(log, link), ...log.troubles()]),
      ...usageTroubles(usage, link),
    ],
    refusedMessages: () => macs.alarm.counts(),
    async close() {
      timer.cancel()
      watching.stop()
      bridge.stop()
      charges.stop()
      relays.stop()
      usage.stop()
      state.stop()
      await budgets.close()
      await log?.close()
      // What was just published leaves with the link, which is closed after it.
      network.close()
      await link.close()
    },
  }
}

/** The trouble of usage that waits, left out while all of NATS is away: the link reports that itself. */
function usageTroubles({ trouble }: UsagePublisher, { status }: NatsLink): Trouble[] {
  if (trouble === undefined || !status.isConnected) return []
  return [{ level: 'degraded', reason: `usage waits in the spool: ${trouble}` }]
}
