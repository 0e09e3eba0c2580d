// The one place that appends. A command is decided against the newest state and appended with that state's revision as
// the expected one; when another writer was faster it is decided again. Commands that wait together share a round: each
// is decided on the state that the ones before it would leave, and all of them go into one group commit.

import { bounds } from '../../../shared/bounds.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigChange, ConfigEvent } from '../../../shared/config/events.ts'
import { applyEvent, emptyState, forkState } from '../../../shared/config/fold.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { FollowRefusal } from '../follower/follow-refusal.ts'
import type { Follower } from '../follower/follower.ts'
import type { AppendRefusal, ConfigLog, LogRefusal, StoredEvent } from '../log/config-log.ts'
import { sealEvent } from '../log/event-codec.ts'
import type { LogKey } from '../log/log-key.ts'

export interface WriteCommand<Refusal> {
  actor: string
  reason: string
  /** The id of the command. A repeated id gets the answer of the first command and changes nothing. */
  commandId?: string
  /** Decides the change. It must be pure and must not edit the state: it may be called again with a newer one.
   *  Undefined: nothing needs to change. */
  decide: (state: ConfigState) => Result<ConfigChange | undefined, Refusal | Unprepared<Refusal>>
}

/** Something outside the log has to exist before the event: once `prepare` has made it, the command is decided again.
 *  `prepare` is called only for a decision on a state that the log holds. */
export interface Unprepared<Refusal> {
  type: 'unprepared'
  prepare: () => Promise<Result<undefined, Refusal>>
}

export interface Written {
  /** The revision of the change; with `changed: false` the revision of the state that needed none. */
  revision: number
  changed: boolean
}

export type WriteRefusal = AppendRefusal | FollowRefusal

export interface ConfigWriterOptions {
  log: ConfigLog
  follower: Follower
  macKey: LogKey
  clock: Clock
  newCommandId: () => string
}

type Answer = Result<Written, unknown>

interface Job {
  command: WriteCommand<unknown>
  commandId: string
  /** True when the id may already be in the log: it is looked for before anything is decided. */
  mayBeStored: boolean
  /** True when an append of the command ended without an answer: as long as no other event has its place, a refusal
   *  would be a guess. */
  isUnknown: boolean
  conflicts: number
  preparations: number
  startedMs: number
  answer: (answer: Answer) => void
  reject: (bug: unknown) => void
}

/** One command of a round. It has `appended` when it made an event, `answer` when it needed none. */
type Draft = { job: Job; revision: number } & ({ appended: ReturnType<ConfigLog['append']> } | { answer: Answer })

/** The drafts of a round up to the first command that lacks something, and the commands that follow. */
interface Drafted {
  drafts: Draft[]
  rest: Job[]
  lacking: Unprepared<unknown> | undefined
}

export class ConfigWriter {
  readonly #options: ConfigWriterOptions
  #waiting: Job[] = []
  #running: Promise<void> | undefined

  constructor(options: ConfigWriterOptions) {
    this.#options = options
  }

  /** Resolves after the change is durable and this writer's follower has folded it. */
  write<Refusal>(command: WriteCommand<Refusal>): Promise<Result<Written, Refusal | WriteRefusal>> {
    if (this.#waiting.length >= commandsWaitingMax) {
      return Promise.resolve(fail({ type: 'unavailable', message: 'too many changes wait to be written' }))
    }
    return new Promise((answer, reject) => {
      this.#waiting.push({
        command,
        commandId: command.commandId ?? this.#options.newCommandId(),
        mayBeStored: command.commandId !== undefined,
        isUnknown: false,
        conflicts: 0,
        preparations: 0,
        startedMs: this.#options.clock.monotonicMs(),
        answer: answer as Job['answer'],
        reject,
      })
      // Start after this turn, so that commands that arrive together share a round.
      this.#running ??= Promise.resolve().then(() => this.#run())
    })
  }

  /** Looks up the event of a command whose outcome was unknown. */
  lookup(commandId: string): Promise<Result<StoredEvent | undefined, LogRefusal>> {
    return this.#options.log.find(commandId)
  }

  /** Waits for the commands that were already accepted. */
  async stop(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const round = this.#waiting.splice(0, commandsPerRoundMax)
      try {
        const again = await this.#round(round)
        this.#waiting.unshift(...again)
      } catch (bug) {
        for (const job of round) job.reject(bug)
      }
    }
    this.#running = undefined
  }

  /** Answers the jobs that it can, and returns those that have to be decided again. */
  async #round(round: Job[]): Promise<Job[]> {
    const { follower } = this.#options
    const { jobs, again } = await this.#notYetStored(round)
    const { refusal } = follower
    if (refusal !== undefined) {
      // An outage may be over; damage is not.
      if (refusal.type === 'unavailable' || refusal.type === 'full') await follower.look()
      if (follower.refusal !== undefined) {
        for (const job of jobs) refuse(job, follower.refusal)
        return again
      }
    }
    const { drafts, rest, lacking } = this.#draft(jobs)
    // The command was the first of its round, so it was decided on what the log holds.
    if (drafts.length === 0 && lacking !== undefined) return [...again, ...(await this.#prepare(rest, lacking))]
    await Promise.all(drafts.map((draft) => ('appended' in draft ? draft.appended : undefined)))
    await follower.look()
    return [...again, ...(await this.#settle(drafts)), ...rest]
  }

  /** Separates jobs that are already stored. `again` holds those whose earlier append has an unknown outcome. */
  async #notYetStored(round: Job[]): Promise<{ jobs: Job[]; again: Job[] }> {
    const [jobs, again]: [Job[], Job[]] = [[], []]
    for (const job of round) {
      const stored = job.mayBeStored ? await this.#options.log.find(job.commandId) : done(undefined)
      if (stored.ok && stored.value === undefined) jobs.push(job)
      else if (stored.ok) await this.#answerStored(job, stored.value!.revision)
      else if (job.isUnknown && (await this.#mayWait(job))) again.push(job)
      else refuse(job, stored.error)
    }
    return { jobs, again }
  }

  async #answerStored(job: Job, revision: number): Promise<void> {
    const { follower } = this.#options
    if (follower.status.revision < revision) await follower.look()
    // Do not acknowledge an event that this follower has not proven.
    const isProven = follower.status.revision >= revision
    job.answer(isProven ? done({ revision, changed: true }) : fail(unknown(job)))
  }

  #draft(jobs: Job[]): Drafted {
    const pending = forkState(this.#options.follower.state ?? emptyState())
    const drafts: Draft[] = []
    for (const [index, job] of jobs.entries()) {
      try {
        const draft = this.#decide(job, pending)
        if ('lacking' in draft) return { drafts, rest: jobs.slice(index), lacking: draft.lacking }
        drafts.push(draft)
      } catch (bug) {
        job.reject(bug)
      }
    }
    return { drafts, rest: [], lacking: undefined }
  }

  /** Decides one job, and leaves `pending` as it will be once the draft is stored. */
  #decide(job: Job, pending: ConfigState): Draft | { lacking: Unprepared<unknown> } {
    const { log, macKey } = this.#options
    const { revision } = pending
    const decision = job.command.decide(pending)
    if (!decision.ok) {
      return isUnprepared(decision.error) ? { lacking: decision.error } : { job, revision, answer: decision }
    }
    if (decision.value === undefined) return { job, revision, answer: done({ revision, changed: false }) }
    const event = this.#event(job, decision.value, pending)
    const sealed = sealEvent(event, macKey)
    const bytes = sealed.bytes.byteLength
    const maxBytes = bounds.changeSetBytesMax
    if (bytes > maxBytes) return { job, revision, answer: fail({ type: 'too-large', bytes, maxBytes }) }
    applyEvent(pending, event, sealed.hash)
    return { job, revision: event.revision, appended: log.append(sealed, revision) }
  }

  /** Prepares the first job, and returns the jobs that can be decided now. */
  async #prepare(jobs: Job[], lacking: Unprepared<unknown>): Promise<Job[]> {
    const [job, ...others] = jobs as [Job, ...Job[]]
    const isHopeless = ++job.preparations > triesMax
    const prepared = isHopeless ? fail(alwaysChanging) : await lacking.prepare()
    if (prepared.ok) return jobs
    refuse(job, prepared.error)
    return others
  }

  #event(job: Job, change: ConfigChange, { revision, hash }: ConfigState): ConfigEvent {
    return {
      revision: revision + 1,
      version: 1,
      type: change.type,
      at: new Date(this.#options.clock.wallMs()).toISOString(),
      actor: job.command.actor,
      reason: job.command.reason,
      commandId: job.commandId,
      change,
      prevHash: hash,
    }
  }

  /** Answers the drafts in the order of their decisions: a decision on top of an event that was not stored is void. */
  async #settle(drafts: Draft[]): Promise<Job[]> {
    const again: Job[] = []
    let broken = false
    for (const draft of drafts) {
      const { job } = draft
      const stored = 'appended' in draft ? await draft.appended : undefined
      if (stored?.ok === true) {
        job.answer(done({ revision: stored.value.revision, changed: true }))
        broken ||= stored.value.revision !== draft.revision
      } else if (broken) {
        // Its append, if there was one, was refused with the ones before it.
        if (stored?.error.type === 'outcome-unknown') job.mayBeStored = job.isUnknown = true
        again.push(job)
      } else if (stored !== undefined) {
        broken = true
        if (await this.#mayTryAgain(job, stored.error)) again.push(job)
        else refuse(job, stored.error)
      } else if ('answer' in draft) {
        job.answer(draft.answer)
      }
    }
    return again
  }

  async #mayTryAgain(job: Job, refusal: AppendRefusal): Promise<boolean> {
    if (refusal.type === 'conflict') {
      // Another event has its place: no earlier append of the command can be stored any more.
      job.isUnknown = false
      return ++job.conflicts < triesMax
    }
    if (refusal.type !== 'outcome-unknown') return false
    job.mayBeStored = job.isUnknown = true
    return this.#mayWait(job)
  }

  async #mayWait({ startedMs }: Job): Promise<boolean> {
    const { clock } = this.#options
    if (clock.monotonicMs() - startedMs > outcomeUnknownMsMax) return false
    await new Promise<void>((resume) => clock.after(retryMs, resume))
    return true
  }
}

function refuse(job: Job, refusal: unknown): void {
  job.answer(fail(job.isUnknown ? unknown(job) : refusal))
}

function unknown({ commandId }: Job): AppendRefusal {
  return { type: 'outcome-unknown', commandId }
}

function isUnprepared(refusal: unknown): refusal is Unprepared<unknown> {
  return typeof refusal === 'object' && refusal !== null && 'type' in refusal && refusal.type === 'unprepared'
}

const alwaysChanging = { type: 'unavailable', message: 'others change the configuration all the time' } as const
const commandsPerRoundMax = 256
const commandsWaitingMax = 4_096
const triesMax = 5
const retryMs = 100
const outcomeUnknownMsMax = 30_000
