// Settings of the usage stream.
import { bounds } from '../../shared/bounds.ts'
import type { StreamSettings } from '../nats/jetstream-settings.ts'
import { duplicateWindowMs } from './usage-stream.ts'

export const usageStreamName = 'USAGE'

const nanosPerMs = 1_000_000

export function usageStreamSettings(replicas: number): StreamSettings {
  return {
    name: usageStreamName,
    subjects: ['usage.>'],
    retention: 'limits',
    storage: 'file',
    // A full stream refuses new batches, which stay with their senders: it must never drop a batch that nobody has
    // read.
    discard: 'new',
    max_bytes: bounds.usageStreamBytesMax,
    max_age: bounds.usageStreamDays * 86_400_000 * nanosPerMs,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_msg_size: -1,
    num_replicas: replicas,
    duplicate_window: duplicateWindowMs * nanosPerMs,
    no_ack: false,
    sealed: false,
  }
}
