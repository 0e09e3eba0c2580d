// Counts the messages that are not believed, and raises the alarm: somebody who is no node of this cluster publishes, or a
// node is set up differently from the others. The alarm ends when nothing was refused for a while.
import { bounds } from '../../shared/bounds.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import type { Trouble } from '../../shared/readiness.ts'
import type { MessageCount, RefusedKind } from '../../shared/telemetry/records.ts'

interface Episode {
  readonly sinceMs: number
  lastMs: number
  readonly subjects: Set<string>
}

const noticePauseMs = 60_000
const subjectsNamedMax = 4

export class MacAlarm {
  readonly #clock: Clock
  readonly #notify: Notify
  readonly #counts = new Map<string, MessageCount>()
  readonly #episodes = new Map<RefusedKind, Episode>()
  readonly #toldMs = new Map<RefusedKind, number>()

  constructor({ clock, notify }: { clock: Clock; notify: Notify }) {
    this.#clock = clock
    this.#notify = notify
  }

  /** `subject` is a name of ours: text of a stranger must not reach the operator. */
  refuse(channel: string, kind: RefusedKind, subject: string): void {
    const nowMs = this.#clock.monotonicMs()
    const count = this.count(channel, kind)
    const episode = this.#present(kind, nowMs) ?? { sinceMs: nowMs, lastMs: nowMs, subjects: new Set() }
    this.#episodes.set(kind, episode)
    episode.lastMs = nowMs
    if (episode.subjects.size < subjectsNamedMax) episode.subjects.add(subject)
    if (nowMs - (this.#toldMs.get(kind) ?? Number.NEGATIVE_INFINITY) < noticePauseMs) return
    this.#toldMs.set(kind, nowMs)
    this.#notify({ type: 'message-refused', kind, channel, subject, count })
  }

  /** Counts without an alarm. Returns how many there were. */
  count(channel: string, kind: MessageCount['kind']): number {
    const known = this.#counts.get(`${channel} ${kind}`)
    const count = (known?.count ?? 0) + 1
    this.#counts.set(`${channel} ${kind}`, { channel, kind, count })
    return count
  }

  counts(): MessageCount[] {
    return [...this.#counts.values()]
  }

  troubles(): Trouble[] {
    const nowMs = this.#clock.monotonicMs()
    return Object.entries(sentences).flatMap(([kind, [what, why]]) => {
      const episode = this.#present(kind as RefusedKind, nowMs)
      if (episode === undefined || isPassing(kind as RefusedKind, episode)) return []
      const where = [...episode.subjects].join(', ')
      return [
        {
          level: 'degraded',
          reason: `${what} on NATS were refused (${where}): ${why}`,
          forMs: nowMs - episode.sinceMs,
        },
      ]
    })
  }

  #present(kind: RefusedKind, nowMs: number): Episode | undefined {
    const episode = this.#episodes.get(kind)
    return episode === undefined || nowMs - episode.lastMs > bounds.refusedAlarmMs ? undefined : episode
  }
}

/** A clock that is being set is another one for a moment; clocks that differ go on differing. */
function isPassing(kind: RefusedKind, { sinceMs, lastMs }: Episode): boolean {
  return kind === 'stale' && lastMs - sinceMs < staleMsMin
}

const staleMsMin = 10_000
const stranger = 'somebody who is no node of this cluster'
const sentences: Record<RefusedKind, readonly [what: string, why: string]> = {
  forged: ['forged messages', `${stranger} may publish there; look at the users and credentials of the servers`],
  'unknown-key': [
    'messages under another master key',
    `a node has another HEADGATE_MASTER_KEY, or ${stranger} may publish there`,
  ],
  unsigned: [
    'messages without a MAC',
    `they come from a node of a version without MACs (HEADGATE_NATS_UNSIGNED=accept during the upgrade), or ${stranger} may publish there`,
  ],
  replayed: ['repeated messages', `${stranger} records what nodes say and says it again`],
  stale: [
    'messages of another time',
    `the clocks of two nodes differ by more than 5 minutes, or ${stranger} repeats what nodes said`,
  ],
  epoch: ['messages with an epoch of the future', 'the clock of a node is, or was, far ahead'],
}
