// Carries what single nodes are told about shared buckets: from the proxy of this process to one other process, and from others to the
// proxy of this one. A process hears what is told to it and nothing else.
import { type Bus, gossipTo, gossipToAny, subjects } from '../../cluster/bus/bus.ts'
import type { NatsBus } from '../../cluster/bus/nats-bus.ts'

export interface RelayShores {
  readonly node: string
  /** The bus of this process. */
  readonly local: Pick<Bus, 'publish' | 'subscribe'>
  readonly network: Pick<NatsBus, 'publish' | 'subscribeOthers'>
}

export function carryRelays({ node, local, network }: RelayShores): { stop(): void } {
  const out = local.subscribe(gossipToAny, (payload, subject) => network.publish(subject, payload))
  const comes = network.subscribeOthers(gossipTo(node), (payload) =>
    // A payload of its own: what goes to another thread is moved there.
    local.publish(subjects.gossipTo, new Uint8Array(payload)),
  )
  return {
    stop() {
      out.stop()
      comes.stop()
    },
  }
}
