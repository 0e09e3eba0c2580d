// How the memory of a process is divided: the heaps of its threads, the bodies of requests outside of them, and a rest for
// Node itself and for what is being sent. Nothing here may grow at another's cost: together the parts fit the machine.
import { bounds } from '../../shared/bounds.ts'
import type { NodeRole } from '../../shared/telemetry/records.ts'
import type { ThreadPart } from './roles.ts'

export interface MemoryPlan {
  /** Request bodies as they came. */
  readonly bodiesBytesMax: number
  /** What is made of them in the heap of the main thread. */
  readonly parsedBytesMax: number
  /** The old heap of each thread. */
  readonly threadHeapMbMax: Readonly<Record<ThreadPart, number>>
}

export interface PlannedMemory {
  /** All that the process may use. */
  readonly processBytes: number
  /** The limit of the main thread's heap, as it is. */
  readonly mainHeapBytes: number
  /** What the operator allows bodies; undefined: a part of the whole. */
  readonly bodiesBytes: number | undefined
}

interface Parts extends Readonly<Record<ThreadPart, number>> {
  /** The heap of the main thread. 0: it holds no data plane, and V8's own limit stays. */
  readonly main: number
  readonly bodies: number
}

/** The parts of the memory by role. Those of the threads that a role has, and its other two, leave at least an eighth. */
const partsOf: Record<NodeRole, Parts> = {
  all: { main: 3 / 8, bodies: 1 / 8, control: 1 / 8, aggregator: 1 / 8, link: 1 / 16 },
  proxy: { main: 1 / 2, bodies: 1 / 4, control: 0, aggregator: 0, link: 1 / 16 },
  aggregator: { main: 0, bodies: 0, control: 0, aggregator: 5 / 8, link: 0 },
  control: { main: 0, bodies: 0, control: 5 / 8, aggregator: 0, link: 0 },
}

const mib = 1 << 20
/** A thread does not start in less, and needs no more. */
const threadHeapMbMin = 96
const threadHeapMbMax = 4_096
const mainHeapMbMin = 128
/** The part of the main heap that may be taken by what is made of bodies; the rest is for the configuration and for open requests. */
const parsedPart = 1 / 2
const bodiesBytesMin = 16 * mib

/** The old heap that the main thread should have; undefined where V8's own limit will do. */
export function mainHeapMb(role: NodeRole, processBytes: number): number | undefined {
  const part = partsOf[role].main
  return part === 0 ? undefined : Math.max(mainHeapMbMin, Math.floor((part * processBytes) / mib))
}

export function memoryPlan(role: NodeRole, { processBytes, mainHeapBytes, bodiesBytes }: PlannedMemory): MemoryPlan {
  const parts = partsOf[role]
  const threadHeap = (part: ThreadPart) =>
    between(threadHeapMbMin, threadHeapMbMax, Math.floor((parts[part] * processBytes) / mib))
  return {
    bodiesBytesMax:
      bodiesBytes ?? between(bodiesBytesMin, bounds.bodiesInFlightBytesMax, Math.floor(parts.bodies * processBytes)),
    parsedBytesMax: Math.min(bounds.parsedBodiesBytesMax, Math.floor(mainHeapBytes * parsedPart)),
    threadHeapMbMax: {
      control: threadHeap('control'),
      aggregator: threadHeap('aggregator'),
      link: threadHeap('link'),
    },
  }
}

function between(least: number, most: number, wanted: number): number {
  return Math.min(most, Math.max(least, wanted))
}

/** The sentence for an operator who allows larger bodies than one key can ever have room for; undefined where none is needed. */
export function smallerBodies({ asked, largestBytes }: { asked: number; largestBytes: number }): string | undefined {
  if (asked <= largestBytes) return undefined
  return `HEADGATE_BODY_MAX is ${asked} bytes, and bodies of more than ${largestBytes} are refused all the same: a body may take a quarter of the memory for bodies (HEADGATE_BODY_MEMORY_MAX, HEADGATE_MEMORY_MAX)`
}
