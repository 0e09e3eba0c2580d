// How the stream of the configuration log has to be stored, and whether a server does so. Servers take what they do not know
// without a word (2.9.10 answers "created" to `allow_msg_ttl` and drops it), so what they echo is compared field by field.
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { StreamTrouble } from './event-stream.ts'

export type SettingsTrouble = Extract<StreamTrouble, { type: 'settings' }>

export type StreamSettings = Partial<StreamConfig> & { name: string; num_replicas: number }

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

/** The first setting that the server keeps otherwise. */
export function settingsTrouble(wanted: StreamSettings, { config }: StreamInfo): SettingsTrouble | undefined {
  for (const [field, value] of Object.entries(wanted)) {
    const echoed = (config as unknown as Record<string, unknown>)[field]
    if (isSame(value, echoed)) continue
    const message = `the server keeps the stream ${wanted.name} with ${field}=${say(echoed)}, it has to be ${say(value)}`
    return { type: 'settings', field, message }
  }
  return undefined
}

/** What is false or absent is left out of an echo. */
function isSame(wanted: unknown, echoed: unknown): boolean {
  if (wanted === false || wanted === undefined) return echoed === undefined || echoed === false
  if (typeof wanted !== 'object' || wanted === null) return wanted === echoed
  if (typeof echoed !== 'object' || echoed === null) return false
  const fields = new Set([...Object.keys(wanted), ...Object.keys(echoed)])
  return [...fields].every((field) =>
    isSame((wanted as Record<string, unknown>)[field], (echoed as Record<string, unknown>)[field]),
  )
}

function say(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
