// The control node's one counter for the configuration: reads the newest state, goes back in time, and writes. What the
// log refuses becomes a problem here, so that routes know nothing of logs.
import { type Bus, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import type { FollowRefusal } from '../../cluster/config-log/follower/follow-refusal.ts'
import { followTroubles } from '../../cluster/config-log/follower/follow-troubles.ts'
import type { Follower } from '../../cluster/config-log/follower/follower.ts'
import type { ConfigLog, LogRefusal, StoredEvent } from '../../cluster/config-log/log/config-log.ts'
import type { ConfigWriter, Unprepared, WriteRefusal, Written } from '../../cluster/config-log/writer/config-writer.ts'
import type { KeyStoreRefusal } from '../../cluster/secrets/key-store.ts'
import type { SecretBox, SecretRefusal } from '../../cluster/secrets/secret-box.ts'
import type { DecideTools } from '../../shared/config/decide.ts'
import type { ConfigChange, ConfigEvent } from '../../shared/config/events.ts'
import { emptyState } from '../../shared/config/fold.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import type { Problem } from './http/answer.ts'
import { problems } from './http/problems.ts'
import type { NodesView } from './nodes-view.ts'
import { type Sealing, sealingFor } from './sealing.ts'
import { removesOwners } from './unneeded-secrets.ts'

export interface ConfigDeskOptions {
  log: ConfigLog
  follower: Follower
  writer: ConfigWriter
  bus: Bus
  nodes: NodesView
  secrets: SecretBox
  egressStrict: boolean
  /** A write is answered once this node has applied it, or after a second. */
  awaitAppliedBy: string | undefined
  /** Called after a write that removed somebody whose secrets are sealed. */
  onOwnersRemoved?: () => Promise<void>
}

export interface Write {
  actor: string
  reason: string
  /** The same id again changes nothing: how a thing is done once and never more. */
  commandId?: string
  decide: Decide
}

/** Pure, and asked again after a conflict. Undefined: nothing needs to change. */
export type Decide = (state: ConfigState, tools: DecideTools) => Result<ConfigChange | undefined, Problem>

export interface ReadEvent {
  event: ConfigEvent
  hash: string
}

const appliedMsMax = 1_000

export class ConfigService {
  readonly #options: ConfigDeskOptions

  constructor(options: ConfigDeskOptions) {
    this.#options = options
  }

  get revision(): number {
    return this.#options.follower.status.revision
  }

  /** The newest state, empty before the first event; a refusal when a damaged log must not be shown as the newest. */
  state(): Result<ConfigState, Problem> {
    const { follower } = this.#options
    const { damaged } = follower.status
    if (damaged !== undefined) return fail(problems.unavailable(damaged, 'config_damaged'))
    return done(follower.state ?? emptyState())
  }

  async stateAt(revision: number): Promise<Result<ConfigState, Problem>> {
    const state = await this.#options.follower.stateAt(revision)
    if (state.ok) return state
    if (state.error.type !== 'no-revision') return fail(problemOf(state.error))
    return fail(problems.notFound(`There is no revision ${revision}: the newest is ${state.error.newest}.`))
  }

  async events(after: number, limit: number): Promise<Result<ReadEvent[], Problem>> {
    const stored = await this.#options.log.read(after, limit)
    return stored.ok ? done(stored.value.map(readEvent)) : fail(problemOf(stored.error))
  }

  /** The revision that a command led to; undefined when the log does not hold it. */
  async revisionOf(commandId: string): Promise<Result<number | undefined, Problem>> {
    const stored = await this.#options.writer.lookup(commandId)
    return stored.ok ? done(stored.value?.revision) : fail(problemOf(stored.error))
  }

  async write(write: Write): Promise<Result<Written, Problem>> {
    const { writer, bus, nodes, awaitAppliedBy, onOwnersRemoved } = this.#options
    let change: ConfigChange | undefined
    const written = await writer.write<Refused>({
      actor: write.actor,
      reason: write.reason,
      ...(write.commandId === undefined ? {} : { commandId: write.commandId }),
      decide: (state) => {
        const decision = this.#decided(write, state)
        change = decision.ok ? decision.value : undefined
        return decision
      },
    })
    if (!written.ok) return fail(written.error.type === 'refused' ? written.error.problem : problemOf(written.error))
    const { revision, changed } = written.value
    if (changed) bus.publish(subjects.configAppended, encodeJson({ revision }))
    if (changed && change !== undefined && removesOwners(change)) await onOwnersRemoved?.()
    if (awaitAppliedBy !== undefined) await nodes.applied({ node: awaitAppliedBy, revision, timeoutMs: appliedMsMax })
    return written
  }

  /** Decides without writing; no data key is made for it. */
  dryRun(decide: Decide): Result<{ state: ConfigState; change: ConfigChange | undefined }, Problem> {
    const state = this.state()
    if (!state.ok) return state
    const decision = decide(state.value, this.#sealing(state.value).tools)
    return decision.ok ? done({ state: state.value, change: decision.value }) : decision
  }

  #sealing(state: ConfigState): Sealing {
    return sealingFor(state, this.#options.secrets, this.#options)
  }

  #decided(write: Write, state: ConfigState): Result<ConfigChange | undefined, Refused | Unprepared<Refused>> {
    const { tools, lacking, refusal } = this.#sealing(state)
    const decision = write.decide(state, tools)
    if (!decision.ok) return fail({ type: 'refused', problem: decision.error })
    const why = refusal()
    if (why !== undefined) return fail(unsealed(why))
    if (lacking.size === 0) return decision
    const prepare = async () => {
      const prepared = await this.#options.secrets.prepare(lacking)
      return prepared.ok ? prepared : fail(unsealed(prepared.error))
    }
    return fail({ type: 'unprepared', prepare })
  }

  /** Problems that `/readyz` reports. */
  troubles(): Trouble[] {
    return followTroubles(this.#options.follower.status)
  }
}

interface Refused {
  type: 'refused'
  problem: Problem
}

function unsealed(refusal: SecretRefusal | KeyStoreRefusal): Refused {
  // The keys lie where the log lies: in a cluster both are away together.
  const code = refusal.type === 'keys-unavailable' ? 'log_unavailable' : 'secrets_unavailable'
  const why = 'message' in refusal ? refusal.message : `there is no data key of ${refusal.owner}`
  return { type: 'refused', problem: problems.unavailable(`Secrets cannot be sealed: ${why}.`, code) }
}

function readEvent({ bytes, hash }: StoredEvent): ReadEvent {
  return { event: JSON.parse(new TextDecoder().decode(bytes)) as ConfigEvent, hash }
}

function problemOf(refusal: WriteRefusal | FollowRefusal | LogRefusal): Problem {
  switch (refusal.type) {
    case 'conflict':
      return {
        status: 409,
        code: 'conflict',
        title: 'Others were faster',
        detail: `Five times in a row somebody else wrote first; the newest revision is ${refusal.head.revision}. Try again.`,
      }
    case 'too-large':
      return {
        status: 413,
        code: 'too-large',
        title: 'The change is too large',
        detail: `It takes ${refusal.bytes} bytes of ${refusal.maxBytes}. Apply it in parts.`,
      }
    case 'outcome-unknown':
      return {
        ...problems.unavailable(
          `Whether it was stored is not known yet; GET /api/v1/commands/${refusal.commandId} will tell.`,
          'outcome_unknown',
        ),
        extra: { commandId: refusal.commandId },
      }
    case 'full':
      return { status: 507, code: 'log_full', title: 'The configuration log is full', detail: refusal.message }
    case 'unavailable':
      return problems.unavailable(`The configuration log does not answer: ${refusal.message}`, 'log_unavailable')
    case 'damaged':
      return problems.unavailable(
        `The configuration log is damaged at revision ${refusal.revision}: ${refusal.message}. Nothing can be changed.`,
        'config_damaged',
      )
    case 'rewound':
      return problems.unavailable(
        `The configuration log ends at revision ${refusal.revision}, but ${refusal.highWater} was acknowledged once. Nothing can be changed.`,
        'config_damaged',
      )
    case 'stopped':
      return problems.unavailable(
        `Revision ${refusal.revision} is of a newer release: ${refusal.message}. Nothing can be changed by this one.`,
        'config_ahead',
      )
  }
}
