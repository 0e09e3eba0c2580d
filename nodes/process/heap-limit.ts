// The limit of the main thread's heap. V8 fixes it when a process begins, from the memory of the machine alone: where this
// process must do with less, it begins once more, under the same id, with the limit among its options.
import { totalmem } from 'node:os'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import type { NodeRole } from '../../shared/telemetry/records.ts'
import { parseBytes } from '../../shared/units.ts'
import { mainHeapMb } from './memory-plan.ts'

const option = '--max-old-space-size'
const optionPattern = /--max[-_]old[-_]space[-_]size/

/** The memory that this process may use: what `HEADGATE_MEMORY_MAX` says, or else what the control group or the machine has. */
export function processMemoryBytes(said: number | undefined): number {
  const constrained = process.constrainedMemory()
  const given = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
  return Math.min(said ?? given, given)
}

/** Gives the main thread its heap. It does not return where the process begins again. */
export function limitHeap(role: NodeRole, environment: Readonly<Record<string, string | undefined>>): void {
  const wanted = mainHeapMb(role, processMemoryBytes(parseBytes(environment['HEADGATE_MEMORY_MAX'] ?? '')))
  const ours = `${option}=${wanted}`
  // The option holds for every thread that begins under it, and the others have limits of their own.
  if (process.execArgv[0] === ours) return setFlagsFromString(`${option}=0`)
  const isGiven = [environment['NODE_OPTIONS'] ?? '', ...process.execArgv].some((one) => optionPattern.test(one))
  if (wanted === undefined || isGiven || wanted >= getHeapStatistics().heap_size_limit / 2 ** 20) return
  if (process.platform === 'win32') return
  process.execve?.(process.execPath, [process.execPath, ours, ...process.execArgv, ...process.argv.slice(1)])
}
