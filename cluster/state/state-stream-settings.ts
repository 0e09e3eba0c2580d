// Settings of the stream of state.
import { bounds } from '../../shared/bounds.ts'
import type { StreamSettings } from '../nats/jetstream-settings.ts'

export const stateStreamName = 'STATE'
export const stateSubjectPrefix = 'state.'

const nanosPerMs = 1_000_000
const duplicateWindowMs = 120_000

export function stateStreamSettings(ageMsMax: number, bytesMax: number): (replicas: number) => StreamSettings {
  return (replicas) => ({
    name: stateStreamName,
    subjects: [`${stateSubjectPrefix}>`],
    retention: 'limits',
    storage: 'file',
    // A full stream refuses new entries, because stored ones were promised to be kept.
    discard: 'new',
    max_bytes: bytesMax,
    max_age: ageMsMax * nanosPerMs,
    max_msgs: -1,
    max_msgs_per_subject: 1,
    max_msg_size: -1,
    num_replicas: replicas,
    duplicate_window: Math.min(duplicateWindowMs, ageMsMax) * nanosPerMs,
    deny_delete: false,
    deny_purge: true,
    allow_rollup_hdrs: false,
    no_ack: false,
    sealed: false,
  })
}

/** The size of a piece. Servers accept messages of one megabyte by default, so a value is stored in pieces. */
export const pieceBytesMax = 512 << 10

export const stateStreamDefaults = { ageMsMax: bounds.stateDays * 86_400_000, bytesMax: bounds.stateBytesMax }
