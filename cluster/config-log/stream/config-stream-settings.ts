import type { StreamSettings } from '../../nats/jetstream-settings.ts'

/** Nothing is ever deleted, so this is the length of a history: some three million changes of usual size. The server sets
 *  it aside when the stream is made, and refuses what it has no room for. */
export const configStreamBytesMax = 2 * 2 ** 30

/** What a core subscriber is told of every stored message, without its bytes. */
export const storedHintSubject = 'hg.config.stored'

const duplicateWindowMs = 120_000

export function configStreamSettings(name: string, replicas: number): StreamSettings {
  return {
    name,
    subjects: ['cfg.>'],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_age: 0,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_bytes: configStreamBytesMax,
    max_msg_size: -1,
    num_replicas: replicas,
    duplicate_window: duplicateWindowMs * 1_000_000,
    deny_delete: true,
    deny_purge: true,
    allow_rollup_hdrs: false,
    no_ack: false,
    sealed: false,
    republish: { src: 'cfg.>', dest: `${storedHintSubject}.>`, headers_only: true },
  }
}
