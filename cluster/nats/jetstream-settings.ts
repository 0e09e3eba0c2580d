// Checks whether a server stores a stream as it was asked to. Servers accept unknown settings without an error (2.9.10
// answers "created" to `allow_msg_ttl` and drops it), so the settings in the answer are compared field by field.
import type { StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { StreamTrouble } from './stream-trouble.ts'

export type SettingsTrouble = Extract<StreamTrouble, { type: 'settings' }>

export type StreamSettings = Partial<StreamConfig> & { name: string; num_replicas: number }

/** Returns the first setting that the server stores differently. */
export function settingsTrouble(wanted: StreamSettings, { config }: StreamInfo): SettingsTrouble | undefined {
  for (const [field, value] of Object.entries(wanted)) {
    const echoed = (config as unknown as Record<string, unknown>)[field]
    if (isSame(value, echoed)) continue
    const message = `the server keeps the stream ${wanted.name} with ${field}=${say(echoed)}, it has to be ${say(value)}`
    return { type: 'settings', field, message }
  }
  return undefined
}

/** Compares one setting. Servers leave out false and absent values in their answers. */
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
