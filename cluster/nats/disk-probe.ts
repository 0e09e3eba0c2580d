// Checks whether JetStream still stores. A server whose disk is full does not report it: it takes a message,
// acknowledges none and logs nothing, does not even answer pings on a connection that sent one, accepts the next
// connection, and stays so when there is room again, until it is restarted (2.9.10). So a message is stored every few
// seconds. A silence that lasts longer than an election is an alarm.
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { StreamSettings } from './jetstream-settings.ts'
import { publishTrouble } from './jetstream-trouble.ts'
import type { NatsLink } from './nats-link.ts'
import { OwnStream } from './own-stream.ts'

export interface DiskProbeOptions {
  link: NatsLink
  clock: Clock
  notify: Notify
  everyMs?: number
  /** How long a silence has to last before it is an alarm. */
  silentMs?: number
}

const everyMsDefault = 5_000
const timeoutMs = 2_000
const silentMsDefault = 10_000
/** Silences that are further apart are unrelated. */
const apartMs = 30_000
const subject = 'probe.disk'
/** The size is more than a block of the file system, so that a probe does not fit into the room that is left in one. */
const probeBytes = 5_000

export class DiskProbe {
  readonly #options: DiskProbeOptions
  readonly #stream: OwnStream
  #timer: Timer | undefined
  #isAtWork = false
  #silence: { firstMs: number; lastMs: number } | undefined
  #alarm: { message: string; sinceMs: number } | undefined

  constructor(options: DiskProbeOptions) {
    this.#options = options
    this.#stream = new OwnStream({ link: options.link, timeoutMs, mayCreate: true, settings: probeStreamSettings })
  }

  start(): void {
    const { clock, everyMs = everyMsDefault } = this.#options
    this.#timer = clock.every(everyMs, () => void this.probe())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  troubles(): Trouble[] {
    if (this.#alarm === undefined) return []
    const { message, sinceMs } = this.#alarm
    return [{ level: 'degraded', reason: message, forMs: this.#options.clock.monotonicMs() - sinceMs }]
  }

  /** Stores a message now, unless a probe is under way. */
  async probe(): Promise<void> {
    if (this.#isAtWork) return
    this.#isAtWork = true
    try {
      await this.#store()
    } finally {
      this.#isAtWork = false
    }
  }

  async #store(): Promise<void> {
    // NATS is away, which the link reports.
    if (this.#options.link.connection === undefined) return
    const session = await this.#stream.session()
    if (!session.ok) return session.error.type === 'unavailable' ? this.#silent() : undefined
    try {
      await session.value.client.publish(subject, new Uint8Array(probeBytes), { timeout: timeoutMs })
      this.#stored()
    } catch (error) {
      const trouble = publishTrouble(error)
      this.#stream.forget()
      if (trouble.type === 'full') this.#stuck(trouble.message)
      else this.#silent()
    }
  }

  #stored(): void {
    this.#silence = undefined
    if (this.#alarm === undefined) return
    this.#alarm = undefined
    this.#options.notify({ type: 'jetstream-stores' })
  }

  #silent(): void {
    const { clock, silentMs = silentMsDefault } = this.#options
    const nowMs = clock.monotonicMs()
    const goesOn = this.#silence !== undefined && nowMs - this.#silence.lastMs < apartMs
    const firstMs = goesOn ? this.#silence!.firstMs : nowMs
    this.#silence = { firstMs, lastMs: nowMs }
    if (goesOn && nowMs - firstMs >= silentMs) this.#stuck('it takes messages and acknowledges none')
  }

  #stuck(what: string): void {
    if (this.#alarm !== undefined) return
    const message = `JetStream does not store: ${what}. Look at the disk of its store_dir; once there is room, restart nats-server`
    this.#alarm = { message, sinceMs: this.#options.clock.monotonicMs() }
    this.#options.notify({ type: 'jetstream-stuck', message })
  }
}

function probeStreamSettings(replicas: number): StreamSettings {
  return {
    name: 'PROBE',
    subjects: ['probe.>'],
    retention: 'limits',
    storage: 'file',
    discard: 'old',
    max_msgs: 1,
    max_bytes: 1 << 20,
    num_replicas: replicas,
  }
}
