// The configuration log of a cluster: the stream that all nodes share, and this node's verified copy of it. Appends go
// to the stream; reads go to the copy, which holds only what was proven. While the stream is unreachable the copy still
// answers; while it is wrong nothing is appended, and the copy is a source to repair it from.
import { fail, type Result } from '../../../shared/result.ts'
import type { ConfigLog, LogHead, LogRefusal, SealedEvent, StoredEvent } from '../log/config-log.ts'
import { Mirror, type MirrorOptions } from './mirror.ts'
import type { ReplicationState } from './replication-state.ts'
import { type AppendAnswer, StreamAppend, type StreamAppendOptions } from './stream-append.ts'

export interface ReplicatedLogOptions extends MirrorOptions, Pick<StreamAppendOptions, 'outcomeUnknownMs'> {
  /** True on nodes that follow the stream and never append or create it: proxies and aggregators. */
  readOnly?: boolean
}

export class ReplicatedLog implements ConfigLog {
  readonly #options: ReplicatedLogOptions
  readonly #mirror: Mirror
  readonly #appends: StreamAppend | undefined

  constructor({ readOnly = false, mayCreate, ...rest }: ReplicatedLogOptions) {
    this.#options = { ...rest, readOnly }
    const mayBegin = readOnly ? undefined : mayCreate
    this.#mirror = new Mirror({
      scrubs: !readOnly,
      ...rest,
      ...(mayBegin === undefined ? {} : { mayCreate: mayBegin }),
    })
    if (readOnly) return
    this.#appends = new StreamAppend({ ...rest, mirror: this.#mirror, mayBegin: () => mayBegin?.() === true })
  }

  /** The state, for heartbeats, readiness and alarms. */
  get state(): ReplicationState {
    return this.#mirror.state
  }

  /** Follows until `close`. Resolves after the first look, whatever it found: within seconds, or when the copy has caught
   *  up with a long stream. */
  start(): Promise<void> {
    return this.#mirror.start()
  }

  /** Looks at the stream now. When it resolves with `ok`, the copy holds everything that the stream held at the
   *  call. */
  sync(): Promise<Result<LogHead, LogRefusal>> {
    return this.#mirror.sync()
  }

  async head(): Promise<Result<LogHead, LogRefusal>> {
    const head = await this.#options.copy.head()
    return head.ok && head.value.revision === 0 ? this.#begun(head) : head
  }

  async append(event: SealedEvent, afterRevision: number): Promise<AppendAnswer> {
    if (this.#appends === undefined) return fail(onlyFollows)
    return this.#appends.append(event, afterRevision)
  }

  async read(afterRevision: number, limit: number): Promise<Result<StoredEvent[], LogRefusal>> {
    const page = await this.#options.copy.read(afterRevision, limit)
    return page.ok && page.value.length === 0 && afterRevision === 0 ? this.#begun(page) : page
  }

  /** Returns undefined only when the copy has just caught up with the stream and does not hold the event: it is not
   *  stored. An event with a missing acknowledgement may still be stored later, as long as no other event has its
   *  place. */
  async find(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>> {
    const stored = await this.#options.copy.find(commandId)
    if (!stored.ok || stored.value !== undefined) return stored
    const head = await this.#mirror.sync()
    return head.ok ? this.#options.copy.find(commandId) : head
  }

  watch(wake: () => void): { stop(): void } {
    return this.#options.copy.watch(wake)
  }

  async close(): Promise<void> {
    await this.#mirror.stop()
    await this.#options.stream.close()
    await this.#options.copy.close()
  }

  /** Returns the answer of the copy once the stream was read: an empty copy alone does not prove that the log is empty.
   *  Until then, whatever is wrong with the stream is not an error of this node's log, which waits for it. */
  #begun<Value>(answer: Result<Value, LogRefusal>): Result<Value, LogRefusal> {
    if (this.#mirror.hasCaughtUp) return answer
    return fail({ type: 'unavailable', message: this.#mirror.state.message })
  }
}

const onlyFollows = { type: 'unavailable', message: 'this node only follows the log' } as const
