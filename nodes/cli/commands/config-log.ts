// The configuration log, from any copy of it or from the stream of a cluster, read without a node and without its lock:
// nothing here writes, so a running node is not disturbed.
import { join } from 'node:path'
import { chooseVerdict, refusalReason, stopReason } from '../../../cluster/config-log/follower/boot.ts'
import { Checkpoints } from '../../../cluster/config-log/follower/checkpoints.ts'
import { HistoryCheck } from '../../../cluster/config-log/follower/history-check.ts'
import { type CopyFinding, LastGood } from '../../../cluster/config-log/follower/last-good.ts'
import { stateAt } from '../../../cluster/config-log/follower/state-at.ts'
import type { LogHead } from '../../../cluster/config-log/log/config-log.ts'
import { examineLog } from '../../../cluster/config-log/log/examine-log.ts'
import { HighWaterFile, type MarkFinding } from '../../../cluster/config-log/log/high-water.ts'
import { diffStates, formatDiff } from '../../../shared/config/diff.ts'
import { enforcedKinds } from '../../../shared/config/kinds/kind.ts'
import { publicResources } from '../../../shared/config/public-view.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Refusal } from '../admin-client.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { type LogSource, openLogSource } from '../log-source.ts'
import { paint } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

export interface ReplayOptions {
  /** Fold up to there. */
  to?: string
  /** Show what changed since that revision instead of what is. */
  diff?: string
  /** A copy of the log, or `stream`. */
  from?: string
}

export async function replay(context: VerbContext, options: ReplayOptions): Promise<ExitCode> {
  return withLog(context, options.from, async (source) => {
    const to = options.to === undefined ? undefined : Number(options.to)
    const since = options.diff === undefined ? undefined : Number(options.diff)
    // The mark is read before the log, because a running node may append meanwhile.
    const mark = markOf(source)?.revision
    const folded = await foldTo(source, to, since)
    if (!folded.ok) return refused(context, folded.error)
    const { state, earlier } = folded.value
    // A damaged write-ahead log makes SQLite forget its newest events without a word.
    if (to === undefined && mark !== undefined && state.revision < mark) {
      const refusal = { type: 'rewound', revision: state.revision, highWater: mark } as const
      return refused(context, { code: exitCode.damaged, message: refusalReason(refusal) })
    }
    if (earlier === undefined) return show(context, summary(state), () => summaryText(state))
    const changes = diffStates(earlier, state)
    const value = { from: earlier.revision, to: state.revision, changes }
    return show(context, value, () => formatDiff(changes) || 'nothing changed')
  })
}

/** Every event; beside a copy also the high-water mark and the last good copy, which say what it has to contain. */
export async function verify(context: VerbContext, options: { from?: string; stream?: boolean }): Promise<ExitCode> {
  return withLog(context, options.stream === true ? 'stream' : options.from, async (source) => {
    const { log, macKey, name } = source
    const { mark, copy } = witnessesOf(source)
    const marked = mark.type === 'at' ? mark.mark : undefined
    const finding = await examineLog({ log, macKey, mark: marked, copy: copy.state })
    if (finding.type === 'refused' && finding.refusal.type === 'unavailable') {
      return refused(context, { code: exitCode.unreachable, message: refusalReason(finding.refusal) })
    }
    const verdict = chooseVerdict({ log: finding, mark, copy })
    const history = finding.type === 'whole' ? await lookThrough(context, source, finding.state) : undefined
    if (history?.type === 'unavailable') {
      return refused(context, { code: exitCode.unreachable, message: refusalReason(history) })
    }
    const problems = [
      ...(finding.type === 'refused' ? [refusalReason(finding.refusal)] : []),
      ...(history === undefined ? [] : [refusalReason(history)]),
      ...(finding.type === 'whole' && finding.stopped !== undefined ? [stopReason(finding.stopped)] : []),
      ...(mark.type === 'damaged' ? [mark.message] : []),
      ...(copy.damage === undefined ? [] : [copy.damage]),
    ]
    if (problems.length > 0 && source.hasOtherKeys) problems.unshift(otherMasterKey)
    const state = verdict.type === 'serve' ? verdict.state : undefined
    const intact = problems.length === 0
    show(context, { intact, from: name, revision: state?.revision ?? 0, hash: state?.hash, problems }, () => {
      if (intact) return paint(context.terminal, 'green', `${name}: intact up to revision ${state?.revision ?? 0}`)
      return problems.map((problem) => paint(context.terminal, 'red', `${name}: ${problem}`)).join('\n')
    })
    return intact ? exitCode.ok : exitCode.damaged
  })
}

const otherMasterKey =
  'its data keys were made under another master key: set HEADGATE_MASTER_KEY to the one that the node uses, and ask again'

/** Every event up to `upTo`, each by its own MAC. */
function lookThrough({ clock }: VerbContext, { log, macKey }: LogSource, upTo: LogHead) {
  return new HistoryCheck({ log, macKey, clock, upTo }).run(Number.POSITIVE_INFINITY)
}

function witnessesOf({ configDir, macKey }: LogSource): { mark: MarkFinding; copy: CopyFinding } {
  if (configDir === undefined) return { mark: { type: 'absent' }, copy: { state: undefined, damage: undefined } }
  return {
    mark: new HighWaterFile(join(configDir, 'high-water.json'), macKey).read(),
    copy: new LastGood({ folder: configDir, macKey, notify: () => {} }).read(),
  }
}

/** The revision that was acknowledged once, where that can be told. */
function markOf({ configDir, macKey }: LogSource): LogHead | undefined {
  if (configDir === undefined) return undefined
  const mark = new HighWaterFile(join(configDir, 'high-water.json'), macKey).read()
  return mark.type === 'at' ? mark.mark : undefined
}

async function withLog(
  context: VerbContext,
  from: string | undefined,
  run: (source: LogSource) => Promise<ExitCode>,
): Promise<ExitCode> {
  const source = await openLogSource(context, from)
  if (!source.ok) return refused(context, source.error)
  try {
    return await run(source.value)
  } finally {
    await source.value.close()
  }
}

async function foldTo(
  source: LogSource,
  to: number | undefined,
  since: number | undefined,
): Promise<Result<{ state: ConfigState; earlier: ConfigState | undefined }, Refusal>> {
  const head = await source.log.head()
  if (!head.ok) return fail({ code: exitCode.damaged, message: refusalReason(head.error) })
  const newest = head.value.revision
  const missing = [to, since].find((revision) => revision !== undefined && revision > newest)
  if (missing !== undefined) {
    return fail({ code: exitCode.no, message: `there is no revision ${missing}: the newest is ${newest}` })
  }
  const state = await stateOf(source, to ?? newest)
  if (!state.ok || since === undefined) return state.ok ? done({ state: state.value, earlier: undefined }) : state
  const earlier = await stateOf(source, since)
  return earlier.ok ? done({ state: state.value, earlier: earlier.value }) : earlier
}

/** The state at a revision, folded from the nearest checkpoint beside the copy if there is one. */
async function stateOf({ log, macKey, configDir }: LogSource, revision: number): Promise<Result<ConfigState, Refusal>> {
  const checkpoints = configDir === undefined ? undefined : new Checkpoints({ folder: configDir, macKey })
  const state = await stateAt({ log, macKey, checkpoints }, revision)
  if (state.ok) return state
  const message = state.error.type === 'stopped' ? stopReason(state.error) : refusalReason(state.error)
  return fail({ code: exitCode.damaged, message })
}

function summary(state: ConfigState) {
  return { revision: state.revision, hash: state.hash, resources: publicResources(state), keys: state.keys.size }
}

function summaryText(state: ConfigState): string {
  const counts = enforcedKinds.map((kind) => `${kind} ${state.resources[kind].size}`)
  return [`revision ${state.revision}`, `hash ${state.hash}`, ...counts, `keys ${state.keys.size}`].join('\n')
}
