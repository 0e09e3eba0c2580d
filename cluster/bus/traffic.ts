// What travels on the bus, by the first token of its subject, and what becomes of it while the network is away: some of it
// is still worth something later and waits in a bounded queue, of which the oldest goes first; the rest describes a moment
// and is dropped with it.

export type TrafficClass = keyof typeof traffic

export interface Keeping {
  readonly messagesMax: number
  readonly bytesMax: number
}

const nothing: Keeping = { messagesMax: 0, bytesMax: 0 }

/** In the order in which they leave when the network is back. */
export const traffic = {
  /** Hints and confirmations: few and small. Whoever misses one looks by itself. */
  config: { messagesMax: 1_000, bytesMax: 1 << 20 },
  /** Batches lie in the spool as well. */
  telemetry: { messagesMax: 2_000, bytesMax: 4 << 20 },
  cache: { messagesMax: 10_000, bytesMax: 4 << 20 },
  other: { messagesMax: 1_000, bytesMax: 1 << 20 },
  /** A beat each second, and what partitions an aggregator keeps: the newest are worth a moment's wait. */
  node: { messagesMax: 2, bytesMax: 256 << 10 },
  /** The next one says more, and comes soon. */
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
