// A start, up to the point where nothing can be refused any more: the environment is read, the role has its parts, the
// data folder is ours.
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { type DataFolder, openDataFolder } from '../../cluster/data-folder/data-folder.ts'
import { memoryEnds } from '../../cluster/data-folder/memory-ends.ts'
import { StartJournal } from '../../cluster/data-folder/start-journal.ts'
import { pauseBeforeStart } from '../../cluster/data-folder/start-rules.ts'
import { keysAreForeign } from '../../cluster/secrets/key-copies.ts'
import type { Chance, Clock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { parseSettings, type Settings } from '../../shared/settings.ts'
import { textOfFile } from '../../shared/text-file.ts'
import { judgeVariables } from '../../shared/variable-names.ts'
import { processTerminal } from '../cli/terminal.ts'
import { SharedBudget } from '../proxy/http/shared-budget.ts'
import { processMemoryBytes } from './heap-limit.ts'
import { type MemoryPlan, memoryPlan, smallerBodies } from './memory-plan.ts'
import { type LogLevel, openNoticeLog } from './notice-log.ts'
import { type Plan, planOf } from './roles.ts'
import type { StartOptions } from './run.ts'
import { runNode } from './run-node.ts'

/** Resolves with the exit code: at once when the start is refused, else when the node has stopped. */
export async function start(options: StartOptions, around: Around): Promise<number> {
  const startedMs = around.clock.monotonicMs()
  const settings = parseSettings(options.environment, textOfFile)
  if (!settings.ok) return refused(settings.error.map(({ name, message }) => `${name}: ${message}`))
  const plan = planOf(options.role, settings.value)
  if (typeof plan === 'string') return refused([plan])
  const { dataDir: path, masterKey, previousMasterKeys, nats } = settings.value
  const embedded = nats === undefined
  const folder = openDataFolder({ path, masterKey, previousMasterKeys, embedded, pid: process.pid })
  if (!folder.ok) return refused([folder.error.message])
  try {
    // In a cluster the copy may be left of another one: what the cluster says is verified when it comes.
    if (embedded && keysAreForeign(folder.value.files.dataKeys, folder.value.masterKeys)) {
      return refused([otherMasterKey(folder.value.path)])
    }
    return await startIn(folder.value, { ...around, options, plan, startedMs, settings: settings.value })
  } catch (error) {
    return refused([error instanceof Error ? error.message : String(error)])
  } finally {
    folder.value.release()
  }
}

/** Time and chance, of the machine or of a test. */
export interface Around {
  readonly clock: Clock
  readonly chance: Chance
}

interface Known extends Around {
  readonly options: StartOptions
  readonly plan: Plan
  readonly startedMs: number
  readonly settings: Settings
}

async function startIn(folder: DataFolder, known: Known): Promise<number> {
  const journal = new StartJournal(join(folder.path, 'starts.json'), known.clock, memoryEnds(folder.path))
  try {
    const notify = openProcessLog(known.settings.logLevel, known.clock)
    tellUnknownVariables(known.options.environment, notify)
    await pauseIfCrashing(journal, notify, known.chance)
    const memory = memoryOf(known)
    tellSmallerBodies(known, memory, notify)
    return await runNode({
      ...known,
      memory,
      node: known.settings.nodeName ?? folder.nodeId,
      folder,
      notify,
      journal,
      hold: journal.begin(),
    })
  } finally {
    journal.end()
  }
}

function memoryOf({ options, settings }: Known): MemoryPlan {
  return memoryPlan(options.role, {
    processBytes: processMemoryBytes(settings.memoryBytesMax),
    mainHeapBytes: getHeapStatistics().heap_size_limit,
    bodiesBytes: settings.bodyMemoryBytesMax,
  })
}

/** A limit that nobody asked for may be smaller in silence. */
function tellSmallerBodies({ options: { environment }, plan, settings }: Known, memory: MemoryPlan, notify: Notify) {
  const isAsked = Boolean(environment['HEADGATE_BODY_MAX'] || environment['HEADGATE_BODY_MAX_FILE'])
  if (!plan.proxy || !isAsked) return
  const { largestBytes } = new SharedBudget(memory.bodiesBytesMax)
  const message = smallerBodies({ asked: settings.bodyBytesMax, largestBytes })
  if (message !== undefined) notify({ type: 'warning', message })
}

function openProcessLog(level: LogLevel, clock: Clock): Notify {
  const isPlain = process.stdout.isTTY === true
  // Whoever read the log has gone: that must end nothing, and is nothing that could be logged.
  process.stdout.on('error', () => {})
  return openNoticeLog({ level, clock, terminal: processTerminal(), isPlain })
}

function tellUnknownVariables(environment: StartOptions['environment'], notify: Notify): void {
  for (const name of judgeVariables(environment).unknown) {
    notify({
      type: 'warning',
      message: `${name} is no variable of this version: only a \${${name}} in the config file reads it`,
    })
  }
}

/** Pauses before a start that follows crashes. The node does so itself, because not every supervisor does. */
async function pauseIfCrashing({ crashes }: StartJournal, notify: Notify, chance: Chance): Promise<void> {
  const pauseMs = Math.round(pauseBeforeStart(crashes, chance()))
  if (pauseMs === 0) return
  notify({ type: 'crash-loop', crashes, pauseMs })
  // A timer of the clock would not keep the process alive, and nothing else is open yet.
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}

function otherMasterKey(path: string): string {
  return `the data folder ${path} was written under another master key. Give that one (HEADGATE_MASTER_KEY, or master.key in the folder); to replace it, name it in HEADGATE_MASTER_KEY_PREVIOUS`
}

function refused(problems: readonly string[]): number {
  process.stderr.write(`headgate: cannot start\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  return 1
}
