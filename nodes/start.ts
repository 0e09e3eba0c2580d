// A start, up to the point where nothing can be refused any more: the environment is read, the role has its parts, the
// data folder is ours.
import { readFileSync } from 'node:fs'
import { openDataFolder } from '../cluster/data-folder/data-folder.ts'
import { systemClock } from '../shared/clock.ts'
import { parseSettings } from '../shared/settings.ts'
import type { NodeRole } from '../shared/telemetry/records.ts'
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
  try {
    const notify = await openNoticeLog(logLevel)
    return await runNode({
      ...{ options, plan, startedMs, notify, settings: settings.value },
      node: nodeName ?? folder.value.nodeId,
      folder: folder.value,
    })
  } catch (error) {
    return refused([error instanceof Error ? error.message : String(error)])
  } finally {
    folder.value.release()
  }
}

function refused(problems: readonly string[]): number {
  process.stderr.write(`headgate: cannot start\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  return 1
}
