import type { StreamSettings } from '../../nats/jetstream-settings.ts'

/** The size of the stream. Nothing is ever deleted, so it bounds the history: some three million changes of usual size.
 *  The server reserves it when the stream is created, and refuses the stream without enough room. */
export const configStreamBytesMax = 2 * 2 ** 30

/** The subject on which the server republishes every stored message, without its bytes. */
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
