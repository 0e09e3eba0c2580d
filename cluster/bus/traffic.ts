// Classes of messages, by the first token of their subject, and what happens to each class while the network is away.
// Some messages are still useful later and wait in a bounded queue that drops the oldest first; the others describe a
// moment and are dropped.

export type TrafficClass = keyof typeof traffic

export interface Keeping {
  readonly messagesMax: number
  readonly bytesMax: number
}

const nothing: Keeping = { messagesMax: 0, bytesMax: 0 }

/** The classes in the order in which their queues are sent after a reconnect. */
export const traffic = {
  /** Hints and confirmations are few and small. A node that misses one finds the same by polling. */
  config: { messagesMax: 1_000, bytesMax: 1 << 20 },
  /** Batches are in the spool as well. */
  telemetry: { messagesMax: 2_000, bytesMax: 4 << 20 },
  cache: { messagesMax: 10_000, bytesMax: 4 << 20 },
  other: { messagesMax: 1_000, bytesMax: 1 << 20 },
  /** A heartbeat each second, and the partitions that an aggregator keeps: only the newest ones are worth sending
   *  late. */
  node: { messagesMax: 2, bytesMax: 256 << 10 },
  /** The next message replaces this one, and comes soon. */
  weights: nothing,
  slo: nothing,
  gossip: nothing,
} as const satisfies Record<string, Keeping>

export const trafficClasses = Object.keys(traffic) as TrafficClass[]

export function trafficClassOf(subject: string): TrafficClass {
  const end = subject.indexOf('.')
  const first = end < 0 ? subject : subject.slice(0, end)
  return Object.hasOwn(traffic, first) ? (first as TrafficClass) : 'other'
}
