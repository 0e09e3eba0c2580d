// A start, up to the point where nothing can be refused any more: the environment is read, the role has its parts, the
// data folder is ours.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDataFolder } from '../../cluster/data-folder/data-folder.ts'
import { StartJournal } from '../../cluster/data-folder/start-journal.ts'
import { pauseBeforeStart } from '../../cluster/data-folder/start-rules.ts'
import { type Chance, systemClock } from '../../shared/clock.ts'
import type { Notify } from '../../shared/notice.ts'
import { parseSettings } from '../../shared/settings.ts'
import type { NodeRole } from '../../shared/telemetry/records.ts'
import { openNoticeLog } from './notice-log.ts'
import { planOf } from './roles.ts'
import { runNode } from './run-node.ts'

export interface StartOptions {
  readonly role: NodeRole
  readonly auto: boolean
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Resolves with the exit code: at once when the start is refused, else when the node has stopped. */
export async function start(options: StartOptions): Promise<number> {
  const startedMs = systemClock.monotonicMs()
  const settings = parseSettings(options.environment, (path) => readFileSync(path, 'utf8'))
  if (!settings.ok) return refused(settings.error.map(({ name, message }) => `${name}: ${message}`))
  const plan = planOf(options.role, settings.value)
  if (typeof plan === 'string') return refused([plan])
  const { dataDir, masterKey, logLevel, nodeName, nats } = settings.value
  const folder = openDataFolder({ path: dataDir, masterKey, embedded: nats === undefined, pid: process.pid })
  if (!folder.ok) return refused([folder.error.message])
  const journal = new StartJournal(join(folder.value.path, 'starts.json'), systemClock)
  try {
    const notify = await openNoticeLog(logLevel)
    await pauseIfCrashing(journal, notify, Math.random)
    return await runNode({
      ...{ options, plan, startedMs, notify, journal, settings: settings.value },
      hold: journal.begin(),
      node: nodeName ?? folder.value.nodeId,
      folder: folder.value,
    })
  } catch (error) {
    return refused([error instanceof Error ? error.message : String(error)])
  } finally {
    journal.end()
    folder.value.release()
  }
}

/** Here and not in a supervisor, so that it holds under each of them. */
async function pauseIfCrashing({ crashes }: StartJournal, notify: Notify, chance: Chance): Promise<void> {
  const pauseMs = Math.round(pauseBeforeStart(crashes, chance()))
  if (pauseMs === 0) return
  notify({ type: 'crash-loop', crashes, pauseMs })
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}

function refused(problems: readonly string[]): number {
  process.stderr.write(`headgate: cannot start\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  return 1
}
