// `headgate log repair`: finds the longest history that verifies among the given copies and the stream, and makes the
// stream and this node's own copy hold it again. It makes no decision that belongs to an operator: when histories
// differ, or acknowledged events cannot be found, it reports that and leaves everything unchanged.
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../../shared/clock.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { StreamFacts, StreamTrouble } from '../../nats/stream-trouble.ts'
import { LastGood } from '../follower/last-good.ts'
import type { LogHead, StoredEvent } from '../log/config-log.ts'
import { HighWaterFile } from '../log/high-water.ts'
import type { LogKey } from '../log/log-key.ts'
import { SqliteLog } from '../sqlite/sqlite-log.ts'
import type { RepairableStream } from '../stream/event-stream.ts'
import { StreamLog } from '../stream/stream-log.ts'
import type { ChainSource, SourceReport } from './chain-track.ts'
import { type Fork, type Merged, mergeChains } from './merge-chains.ts'
import { RepairHistory } from './repair-history.ts'
import { type NodeFiles, replaceCopy } from './replace-copy.ts'
import { republish } from './republish.ts'

export interface RepairOptions {
  /** The files of this node, which must not run: the caller holds its lock. */
  files: NodeFiles
  /** Paths of `log.sqlite` of other nodes. */
  others: readonly string[]
  /** The stream; absent when the log is embedded. */
  stream: RepairableStream | undefined
  macKey: LogKey
  clock: Clock
  /** A dry run only examines and changes nothing. */
  isDry: boolean
  /** Repair although acknowledged events cannot be found. */
  acceptsLoss: boolean
  /** The source that an operator has found to be wrong where two histories differ: it is overwritten. */
  overrules?: 'stream' | 'copy'
}

export interface RepairReport {
  readonly outcome: RepairOutcome
  /** The end of the longest history that verifies. */
  readonly head: LogHead
  readonly sources: readonly SourceReport[]
}

export type RepairOutcome =
  | { readonly type: 'intact' }
  /** The steps that were done or, in a dry run, that are needed. */
  | { readonly type: 'repaired' | 'needed'; readonly steps: readonly RepairStep[] }
  /** Genuine events differ at one revision: an operator has to overrule one source. */
  | ({ readonly type: 'forked' } & Fork)
  /** Revisions up to `acknowledged` existed, and no source leads there. */
  | { readonly type: 'loss'; readonly acknowledged: number }
  /** No event verifies under this master key. */
  | { readonly type: 'nothing' }
  | { readonly type: 'failed'; readonly message: string }

export type RepairStep = 'remake-stream' | 'mend-settings' | 'replace-copy'

const streamName = 'the stream'
const copyName = "this node's copy"
const markName = "this node's high-water mark"

type Facts = Result<StreamFacts, StreamTrouble> | undefined

interface Gathered {
  merged: Merged
  fork: Fork | undefined
  /** The newest revision that certainly existed. */
  acknowledged: number
}

export async function repairLog(options: RepairOptions): Promise<RepairReport> {
  const facts = await options.stream?.facts()
  const obstacle = obstacleIn(facts)
  if (obstacle !== undefined) return failed(obstacle)
  const history = new RepairHistory(options.files.log)
  let report: RepairReport
  try {
    report = await repairFrom(history, options, facts)
  } catch (error) {
    report = failed(error instanceof Error ? error.message : String(error))
  }
  // After a failure this history may be the only complete one.
  if (report.outcome.type === 'failed') await history.close()
  else await history.discard()
  if (report.outcome.type === 'repaired') history.forgetLeftover()
  return report
}

async function repairFrom(history: RepairHistory, options: RepairOptions, facts: Facts): Promise<RepairReport> {
  const { merged, fork, acknowledged } = await gather(options, history)
  const { head, sources } = merged
  const report = (outcome: RepairOutcome): RepairReport => ({ outcome, head, sources })
  if (fork !== undefined) return report({ type: 'forked', ...fork })
  if (acknowledged > head.revision && !options.acceptsLoss) return report({ type: 'loss', acknowledged })
  if (head.revision === 0) {
    const isNew = sources.every(({ claims }) => (claims ?? 0) === 0)
    return report({ type: isNew ? 'intact' : 'nothing' })
  }
  const steps = [...streamSteps(merged, facts), ...(await copySteps(options, merged))]
  if (steps.length === 0) return report({ type: 'intact' })
  if (options.isDry) return report({ type: 'needed', steps })
  const taken = await take(steps, { options, head, history })
  return report(taken.ok ? { type: 'repaired', steps } : { type: 'failed', message: taken.error })
}

async function gather(options: RepairOptions, history: RepairHistory): Promise<Gathered> {
  const { macKey } = options
  const floor = options.overrules === 'copy' ? undefined : floorOf(options)
  const copies = openCopies(options, history, floor?.mark?.revision)
  const sources: ChainSource[] = [...copies]
  if (options.stream !== undefined && options.overrules !== 'stream') {
    sources.push({ name: streamName, log: new StreamLog(options.stream) })
  }
  let other: Fork | undefined
  const keep = async (events: StoredEvent[]) => {
    other ??= forkAtMark(events, floor?.mark)
    await history.keep(events)
  }
  const merged = await mergeChains(sources, macKey, keep)
  for (const { log } of copies) await log.close()
  return { merged, fork: merged.fork ?? other, acknowledged: Math.max(merged.genuine, floor?.revision ?? 0) }
}

/** Returns the acknowledged head, according to this node's other witnesses. */
function floorOf({ files, macKey }: RepairOptions): { mark: LogHead | undefined; revision: number } {
  const finding = new HighWaterFile(files.highWater, macKey).read()
  const mark = finding.type === 'at' ? finding.mark : undefined
  const lastGood = new LastGood({ folder: dirname(files.log), macKey, notify: () => {} }).read()
  return { mark, revision: Math.max(mark?.revision ?? 0, lastGood.state?.revision ?? 0) }
}

function openCopies({ files, others, overrules }: RepairOptions, history: RepairHistory, held = 0) {
  const open = (path: string) => new SqliteLog({ path, readOnly: true })
  const own = overrules === 'copy' ? [] : [{ name: copyName, log: open(files.log), held }]
  return [...own, ...others.map((path) => ({ name: path, log: open(path) })), ...[history.leftover() ?? []].flat()]
}

function forkAtMark(events: StoredEvent[], mark: LogHead | undefined): Fork | undefined {
  const marked = events.find(({ revision }) => revision === mark?.revision)
  if (mark === undefined || marked === undefined || marked.hash === mark.hash) return undefined
  const branches = [
    { source: markName, hash: mark.hash },
    { source: 'the history', hash: marked.hash },
  ]
  return { revision: mark.revision, branches }
}

/** Returns the trouble of the stream that no repair can remove. */
function obstacleIn(facts: Facts): string | undefined {
  if (facts === undefined || facts.ok || facts.error.type === 'missing') return undefined
  const isOurs = facts.error.type === 'settings' && facts.error.field !== 'max_payload'
  return isOurs ? undefined : facts.error.message
}

function streamSteps({ head, sources }: Merged, facts: Facts): RepairStep[] {
  if (facts === undefined) return []
  const known = facts.ok ? facts.value : facts.error.type === 'settings' ? facts.error.facts : undefined
  const report = sources.find(({ name }) => name === streamName)
  const isWhole =
    report?.whole === head.revision && known?.lastSequence === head.revision && known.messages === head.revision
  if (!isWhole) return ['remake-stream']
  return facts.ok ? [] : ['mend-settings']
}

/** Returns the steps for the copy. A copy that is only behind catches up by itself. */
async function copySteps({ files, macKey, overrules }: RepairOptions, { sources }: Merged): Promise<RepairStep[]> {
  if (overrules === 'copy') return ['replace-copy']
  const report = sources.find(({ name }) => name === copyName)
  if (report?.broken !== undefined) return ['replace-copy']
  const highWater = new HighWaterFile(files.highWater, macKey)
  if (!existsSync(files.log) && highWater.read().type === 'absent') return []
  const log = new SqliteLog({ path: files.log, highWater })
  const opened = await log.head()
  await log.close()
  if (opened.ok) return []
  const { type } = opened.error
  if (type === 'damaged' || type === 'rewound') return ['replace-copy']
  throw new Error(`${files.log}: ${opened.error.message}`)
}

interface Work {
  options: RepairOptions
  head: LogHead
  history: RepairHistory
}

async function take(steps: readonly RepairStep[], work: Work): Promise<Result<undefined, string>> {
  for (const step of steps) {
    const taken = await takers[step](work)
    if (!taken.ok) return taken
  }
  return done(undefined)
}

const takers: Record<RepairStep, (work: Work) => Promise<Result<undefined, string>>> = {
  'remake-stream': ({ options: { stream, macKey, clock }, head, history }) =>
    republish({ stream: stream!, history: history.log, head, macKey, clock }),
  'mend-settings': async ({ options: { stream } }) => {
    const mended = await stream!.mend()
    return mended.ok ? done(undefined) : fail(mended.error.message)
  },
  'replace-copy': async ({ options: { files, macKey, overrules }, head, history }) => {
    await history.close()
    replaceCopy({ files, history: history.path, head, macKey, isOtherHistory: overrules === 'copy' })
    return done(undefined)
  },
}

function failed(message: string): RepairReport {
  return { outcome: { type: 'failed', message }, head: { revision: 0, hash: '' }, sources: [] }
}
