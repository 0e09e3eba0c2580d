// How the stream of state is stored.
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
    // When it is full, what is new is refused: what was promised to be kept is.
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

/** Servers take messages of one megabyte, unless they are told otherwise: a value travels in pieces. */
export const pieceBytesMax = 512 << 10

export const stateStreamDefaults = { ageMsMax: bounds.stateDays * 86_400_000, bytesMax: bounds.stateBytesMax }
