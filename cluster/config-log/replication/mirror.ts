// Keeps the verified copy of the log up to date with the stream: every message is proven before it is stored, and
// nothing is accepted that contradicts what was stored before.
import type { Clock, Timer } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import { CoalescedRun } from '../log/coalesced-run.ts'
import type { AppendRefusal, ConfigLog, LogHead, LogRefusal, StoredEvent } from '../log/config-log.ts'
import type { LogKey } from '../log/log-key.ts'
import type { EventStream, StreamMessage } from '../stream/event-stream.ts'
import { extendStream } from './extend-stream.ts'
import { judgeFacts, judgeHead, judgeMessage } from './judge-stream.ts'
import { copyFinding, findingOf, type ReplicationFinding, type ReplicationState } from './replication-state.ts'
import { ReplicationStatus } from './replication-status.ts'
import { Scrub } from './scrub.ts'

export interface MirrorOptions {
  stream: EventStream
  /** The copy; only this mirror writes to it. */
  copy: ConfigLog
  macKey: LogKey
  clock: Clock
  notify: Notify
  /** Whether this node may create the missing stream. Called only while its copy is empty. Absent: never. */
  mayCreate?: () => boolean
  /** Returns the newest revision that other nodes reported: a stream that ends before it has lost something. */
  heardElsewhere?: () => number
  /** Fetches data that events need and that is not in the log, before any reader of this node can see the events. */
  beforeStore?: (events: readonly StoredEvent[]) => Promise<void>
  /** Fetches keys that may be needed to verify events, before an event that does not verify is held to be forged. */
  beforeDoubt?: () => Promise<void>
  /** Whether to compare the stream with the copy from its beginning, now and then. A few nodes of a cluster do. */
  scrubs?: boolean
  pollMs?: number
  /** How long a stream has to look wrong before it is an alarm. */
  confirmMs?: number
  /** How long the alarm of a rewound stream lasts before what it lost is published again from the copy. Absent: never. */
  extendAfterMs?: number
}

type Synced = Result<LogHead, LogRefusal>

export class Mirror {
  readonly #options: MirrorOptions
  readonly #status: ReplicationStatus
  readonly #scrub: Scrub | undefined
  #created: string | undefined
  /** The stream whose message at the copy's head was compared last, and the time of the comparison. */
  #compared: { created: string; atMs: number } | undefined
  /** Makes no look after `stop`, even for a call that was waiting before. */
  readonly #looks = new CoalescedRun(async () => (this.#stopped ? fail(closed) : this.#look()))
  #stopped = false
  #timers: Timer[] = []
  #watch: { stop(): void } | undefined

  constructor(options: MirrorOptions) {
    this.#options = options
    this.#status = new ReplicationStatus(options.clock, options.notify, options.confirmMs)
    this.#scrub = options.scrubs === true ? new Scrub(options) : undefined
  }

  get state(): ReplicationState {
    return this.#status.state
  }

  /** True when the stream looks wrong: nothing may be appended, though waiting may help. */
  get isSuspect(): boolean {
    return this.#status.isSuspect
  }

  get hasCaughtUp(): boolean {
    return this.#status.hasCaughtUp
  }

  /** Why nothing can be appended; undefined while following. */
  get refusal(): LogRefusal | undefined {
    return this.#status.refusal
  }

  /** Resolves after the first look, whatever it found. */
  async start(): Promise<void> {
    const { stream, clock, pollMs = pollMsDefault } = this.#options
    this.#watch = stream.watch(() => void this.sync())
    this.#timers.push(clock.every(pollMs, () => void this.#poll()))
    await this.sync()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#watch?.stop()
    for (const timer of this.#timers) timer.cancel()
    await this.#looks.current
  }

  /** Looks at the stream now. When it resolves with `ok`, everything that the stream held at the call is in the copy,
   *  whose head is the answer. */
  sync(): Promise<Synced> {
    return this.#stopped ? Promise.resolve(fail(closed)) : this.#looks.run()
  }

  async #poll(): Promise<void> {
    await this.sync()
    const { head, streamRevision } = this.#status
    if (!this.#stopped && head.revision === streamRevision) await this.#scrub?.step(head.revision)
  }

  async #look(): Promise<Synced> {
    const finding = (await this.#pass()) ?? this.#scrub?.finding
    this.#status.enter(finding)
    return finding === undefined ? done(this.#status.head) : fail(this.#status.refusal ?? closed)
  }

  /** Makes one look; returns undefined when the copy holds what the stream holds. */
  async #pass(): Promise<ReplicationFinding | undefined> {
    const status = this.#status
    const head = await this.#options.copy.head()
    if (!head.ok) return copyFinding(head.error)
    status.head = head.value
    // Read this before the stream is asked: what others have by then, the stream has to have too.
    const elsewhere = this.#options.heardElsewhere?.() ?? 0
    const facts = await this.#askFacts()
    if (!facts.ok) return facts.error.type === 'missing' && this.#knowsNothing ? notBegun : findingOf(facts.error)
    status.streamRevision = facts.value.lastSequence
    const known = { copyRevision: status.head.revision, elsewhere, created: this.#created }
    const wrong = judgeFacts(facts.value, known) ?? (await this.#compareHead(facts.value))
    if (wrong?.type === 'rewound') await this.#extend(facts.value)
    if (wrong !== undefined) return wrong
    this.#created = facts.value.created
    return this.#catchUp(facts.value.lastSequence)
  }

  async #askFacts(): Promise<Result<StreamFacts, StreamTrouble>> {
    const { stream, mayCreate } = this.#options
    const facts = await stream.facts()
    if (facts.ok || facts.error.type !== 'missing') return facts
    // A stream that existed once is never created again: it would begin a second history.
    if (!this.#knowsNothing || mayCreate?.() !== true) return facts
    return stream.create()
  }

  /** True while this copy holds no event and has followed no stream. */
  get #knowsNothing(): boolean {
    return this.#status.head.revision === 0 && this.#created === undefined
  }

  /** Extends the stream when the alarm has lasted long enough. The next look finds whether that was enough. */
  async #extend(facts: StreamFacts): Promise<void> {
    const { stream, copy, macKey, notify, extendAfterMs = Number.POSITIVE_INFINITY } = this.#options
    const { type, forMs } = this.#status.state
    if (type !== 'rewound' || forMs < extendAfterMs) return
    const to = await extendStream({ stream, copy, macKey }, facts)
    if (to > facts.lastSequence) notify({ type: 'log-extended', from: facts.lastSequence, to })
  }

  /** Checks whether the stream still holds the newest event of the copy: now and then, and whenever it may be another
   *  stream. */
  async #compareHead({ created }: StreamFacts): Promise<ReplicationFinding | undefined> {
    const { stream, clock, macKey } = this.#options
    const { head, type } = this.#status
    if (head.revision === 0) return undefined
    const nowMs = clock.monotonicMs()
    const isFresh = this.#compared?.created === created && nowMs - this.#compared.atMs < compareMs
    if (isFresh && type === 'following') return undefined
    const page = await stream.read(head.revision - 1, 1)
    if (!page.ok) return findingOf(page.error)
    this.#compared = { created, atMs: nowMs }
    return judgeHead(page.value[0], head, macKey)
  }

  async #catchUp(lastSequence: number): Promise<ReplicationFinding | undefined> {
    const status = this.#status
    while (status.head.revision < lastSequence) {
      if (this.#stopped) return findingOf(closed)
      status.behind()
      const page = await this.#options.stream.read(status.head.revision, pageEvents)
      if (!page.ok) return findingOf(page.error)
      const { events, finding } = await this.#proven(page.value)
      await this.#options.beforeStore?.(events)
      const failed = await this.#store(events)
      if (failed !== undefined || finding !== undefined) return failed ?? finding
    }
    return undefined
  }

  async #proven(page: StreamMessage[]) {
    const { beforeDoubt } = this.#options
    const proven = this.#prove(page)
    if (proven.finding?.type !== 'forged' || beforeDoubt === undefined) return proven
    await beforeDoubt()
    return this.#prove(page)
  }

  /** Returns the messages up to the first one that is not the next event. */
  #prove(page: StreamMessage[]): { events: StoredEvent[]; finding: ReplicationFinding | undefined } {
    const events: StoredEvent[] = []
    let { head } = this.#status
    if (page.length === 0) return { events, finding: missing(head.revision + 1) }
    for (const message of page) {
      const judged = judgeMessage(message, head, this.#options.macKey)
      if ('finding' in judged) return { events, finding: judged.finding }
      events.push(judged.event)
      head = judged.event
    }
    return { events, finding: undefined }
  }

  async #store(events: StoredEvent[]): Promise<ReplicationFinding | undefined> {
    const { copy } = this.#options
    // Append all events at once, so that a page is one commit.
    const answers = await Promise.all(events.map((event) => copy.append(event, event.revision - 1)))
    for (const [index, answer] of answers.entries()) {
      const { revision, hash } = events[index]!
      if (!answer.ok) return notStored(revision, answer.error)
      if (answer.value.revision !== revision) return repeated(revision, answer.value.revision)
      this.#status.head = { revision, hash }
    }
    return undefined
  }
}

const pollMsDefault = 1_000
const pageEvents = 1_024
const compareMs = 15_000
const closed = { type: 'unavailable', message: 'the log is closed' } as const

/** A new node of a new cluster waits for the node that creates the stream. */
const notBegun: ReplicationFinding = { type: 'away', message: 'there is no stream of the log yet', revision: 0 }

function missing(revision: number): ReplicationFinding {
  return { type: 'damaged', message: `revision ${revision} is missing in the stream`, revision }
}

function repeated(revision: number, earlier: number): ReplicationFinding {
  const message = `revision ${revision} of the stream is the command of revision ${earlier} once more`
  return { type: 'damaged', message, revision }
}

function notStored(revision: number, refusal: AppendRefusal): ReplicationFinding {
  switch (refusal.type) {
    case 'conflict':
      return { type: 'copy-failed', message: 'somebody else writes to the copy of the log', revision }
    case 'outcome-unknown':
      return { type: 'copy-failed', message: 'the copy of the log did not say whether it was written', revision }
    case 'too-large': {
      const message = `revision ${revision} of the stream takes ${refusal.bytes} bytes of ${refusal.maxBytes}`
      return { type: 'damaged', message, revision }
    }
    default:
      return copyFinding(refusal)
  }
}
