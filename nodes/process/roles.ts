// What a process of each role consists of. A role is a parts list and nothing more: no part knows which role it serves in,
// and none knows what carries its messages.
import type { Settings } from '../../shared/settings.ts'
import type { NodeRole } from '../../shared/telemetry/records.ts'

/** A part that runs in a thread of its own, so that neither validation nor SQLite nor NATS makes a request wait. */
export type ThreadPart = 'control' | 'aggregator' | 'link'

export interface Plan {
  /** The data plane, in the main thread. */
  readonly proxy: boolean
  /** The other parts in the order of their start; they stop in reverse. */
  readonly threads: readonly ThreadPart[]
  /** The log is made by a thread of this process: the proxy waits for it. Elsewhere it serves what it last knew at once. */
  readonly logIsMadeHere: boolean
  readonly opsPort: number | undefined
}

const opsPortDefault = 9464

const embedded = { proxy: true, threads: ['control', 'aggregator'], logIsMadeHere: true } as const
const inCluster = {
  all: { proxy: true, threads: ['link', 'control', 'aggregator'], logIsMadeHere: true },
  proxy: { proxy: true, threads: ['link'], logIsMadeHere: false },
  aggregator: { proxy: false, threads: ['aggregator'], logIsMadeHere: false },
  control: { proxy: false, threads: ['control'], logIsMadeHere: true },
} as const

/** A sentence for the operator where there is no such process. */
export function planOf(role: NodeRole, settings: Pick<Settings, 'nats' | 'opsPort'>): Plan | string {
  const opsPort = settings.opsPort ?? (role === 'all' ? undefined : opsPortDefault)
  if (settings.nats !== undefined) return { ...inCluster[role], opsPort }
  if (role === 'all') return { ...embedded, opsPort }
  return [
    `HEADGATE_NATS_URL: --role ${role} is one process of a cluster, and this is where the cluster meets:`,
    'set it, for example to nats://127.0.0.1:4222, and HEADGATE_MASTER_KEY to the same 32 bytes on every node.',
    'Without --role everything runs in one process and needs neither; `npm run cluster` starts a whole cluster here.',
  ].join('\n  ')
}
