// The configuration log of the data folder, read without a node and without its lock: nothing here writes, so a running
// node is not disturbed.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chooseVerdict, refusalReason, stopReason } from '../../../cluster/config-log/boot.ts'
import { examineLog } from '../../../cluster/config-log/examine-log.ts'
import { foldStored } from '../../../cluster/config-log/fold-stored.ts'
import { HighWaterFile } from '../../../cluster/config-log/high-water.ts'
import { LastGood } from '../../../cluster/config-log/last-good.ts'
import { SqliteLog } from '../../../cluster/config-log/sqlite-log.ts'
import { deriveKeys } from '../../../cluster/secrets/keys.ts'
import { diffStates, formatDiff } from '../../../shared/config/diff.ts'
import { cloneState, emptyState } from '../../../shared/config/fold.ts'
import { enforcedKinds } from '../../../shared/config/kinds.ts'
import { publicResources } from '../../../shared/config/public-view.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { dataDirOf, type Refusal } from '../admin-client.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { paint } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

interface OfflineLog {
  log: SqliteLog
  macKey: Uint8Array
  configDir: string
}

/** `--to`: fold up to there. `--diff`: show what changed since that revision instead of what is. */
export async function replay(context: VerbContext, options: { to?: string; diff?: string }): Promise<ExitCode> {
  return withLog(context, async (offline) => {
    const to = options.to === undefined ? undefined : Number(options.to)
    const since = options.diff === undefined ? undefined : Number(options.diff)
    // Before reading: a node that runs may append meanwhile.
    const mark = markOf(offline)
    const folded = await foldTo(offline, to, since)
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

/** Every event, the high-water mark and the last good copy. */
export async function verify(context: VerbContext): Promise<ExitCode> {
  return withLog(context, async ({ log, macKey, configDir }) => {
    const mark = new HighWaterFile(join(configDir, 'high-water.json'), macKey).read()
    const copy = new LastGood({ folder: configDir, macKey, notify: () => {} }).read()
    const marked = mark.type === 'at' ? mark.mark : undefined
    const finding = await examineLog({ log, macKey, clock: context.clock, mark: marked, copy: copy.state })
    const verdict = chooseVerdict({ log: finding, mark, copy })
    const problems = [
      ...(finding.type === 'refused' ? [refusalReason(finding.refusal)] : []),
      ...(finding.type === 'whole' && finding.stopped !== undefined ? [stopReason(finding.stopped)] : []),
      ...(mark.type === 'damaged' ? [mark.message] : []),
      ...(copy.damage === undefined ? [] : [copy.damage]),
    ]
    const state = verdict.type === 'serve' ? verdict.state : undefined
    const value = { intact: problems.length === 0, revision: state?.revision ?? 0, hash: state?.hash, problems }
    show(context, value, () => {
      if (value.intact) return paint(context.terminal, 'green', `intact up to revision ${value.revision}`)
      return problems.map((problem) => paint(context.terminal, 'red', problem)).join('\n')
    })
    return value.intact ? exitCode.ok : exitCode.damaged
  })
}

/** What was acknowledged once, where that can be told. */
function markOf({ configDir, macKey }: OfflineLog): number | undefined {
  const mark = new HighWaterFile(join(configDir, 'high-water.json'), macKey).read()
  return mark.type === 'at' ? mark.mark.revision : undefined
}

async function withLog(context: VerbContext, run: (log: OfflineLog) => Promise<ExitCode>): Promise<ExitCode> {
  const folder = dataDirOf(context.environment)
  const masterKey = findMasterKey(context, folder)
  if (!masterKey.ok) return refused(context, masterKey.error)
  const { macKey } = deriveKeys(masterKey.value)
  const configDir = join(folder, 'config')
  const log = new SqliteLog({ path: join(configDir, 'log.sqlite'), readOnly: true })
  try {
    return await run({ log, macKey, configDir })
  } finally {
    await log.close()
  }
}

async function foldTo(
  { log, macKey }: OfflineLog,
  to: number | undefined,
  since: number | undefined,
): Promise<Result<{ state: ConfigState; earlier: ConfigState | undefined }, Refusal>> {
  const state = emptyState()
  let earlier = since === 0 ? cloneState(state) : undefined
  for (;;) {
    const page = await log.read(state.revision, Math.min(pageEvents, (to ?? Number.MAX_SAFE_INTEGER) - state.revision))
    if (!page.ok) return fail({ code: exitCode.damaged, message: refusalReason(page.error) })
    for (const stored of page.value) {
      const folded = foldStored(state, stored, macKey)
      if (!folded.ok) {
        const { revision, message } = folded.error
        return fail({ code: exitCode.damaged, message: `revision ${revision}: ${message}` })
      }
      if (state.revision === since) earlier = cloneState(state)
    }
    if (page.value.length === 0) break
  }
  const missing = [to, since].find((revision) => revision !== undefined && revision > state.revision)
  if (missing === undefined) return done({ state, earlier })
  return fail({ code: exitCode.no, message: `there is no revision ${missing}: the newest read is ${state.revision}` })
}

const pageEvents = 256

function summary(state: ConfigState) {
  return { revision: state.revision, hash: state.hash, resources: publicResources(state), keys: state.keys.size }
}

function summaryText(state: ConfigState): string {
  const counts = enforcedKinds.map((kind) => `${kind} ${state.resources[kind].size}`)
  return [`revision ${state.revision}`, `hash ${state.hash}`, ...counts, `keys ${state.keys.size}`].join('\n')
}

function findMasterKey(context: VerbContext, folder: string): Result<Uint8Array, Refusal> {
  const { HEADGATE_MASTER_KEY: named, HEADGATE_MASTER_KEY_FILE: file } = context.environment
  const path = file || join(folder, 'master.key')
  try {
    const bytes = Buffer.from((named || readFileSync(path, 'utf8')).trim(), 'base64')
    if (bytes.byteLength === 32) return done(bytes)
    return fail({
      code: exitCode.usage,
      message: `${named ? 'HEADGATE_MASTER_KEY' : path} does not hold 32 bytes in base64`,
    })
  } catch {
    return fail({ code: exitCode.usage, message: `cannot read ${path}; set HEADGATE_MASTER_KEY or HEADGATE_DATA_DIR` })
  }
}
