// Bridges the bus of this process and NATS: a table says which subjects cross, and in which direction. All other messages
// stay on their side. No message crosses twice: received messages are not sent out again, and sent ones are not taken in.
import { type Bus, subjects } from '../../cluster/bus/bus.ts'
import type { NatsBus } from '../../cluster/bus/nats-bus.ts'

export interface Crossing {
  readonly subject: string
  readonly way: 'out' | 'in' | 'both'
}

export const crossings: readonly Crossing[] = [
  { subject: subjects.heartbeat, way: 'out' },
  { subject: subjects.configApplied, way: 'out' },
  { subject: subjects.weights, way: 'in' },
  { subject: subjects.gossip, way: 'both' },
  { subject: subjects.sessionStarts, way: 'both' },
  { subject: subjects.budgetRecall, way: 'both' },
  { subject: subjects.budgetAlert, way: 'out' },
]

export interface Shores {
  readonly local: Bus
  readonly network: Pick<NatsBus, 'publish' | 'subscribeOthers'>
}

export function openBridge({ local, network }: Shores, table = crossings): { stop(): void } {
  /** Came from the network: the local bus gives it back to this thread as well. */
  const cameIn = new WeakSet<Uint8Array>()
  const lanes = table.flatMap(({ subject, way }) => [
    ...(way === 'in' ? [] : [local.subscribe(subject, goOut)]),
    ...(way === 'out' ? [] : [network.subscribeOthers(subject, comeIn)]),
  ])

  function goOut(payload: Uint8Array, subject: string): void {
    if (!cameIn.has(payload)) network.publish(subject, payload)
  }

  function comeIn(received: Uint8Array, subject: string): void {
    // A copy of its own: to another thread goes all the memory that an array is a part of.
    const payload = new Uint8Array(received)
    cameIn.add(payload)
    local.publish(subject, payload)
  }

  return {
    stop() {
      for (const lane of lanes) lane.stop()
    },
  }
}
