// What streams weigh that nobody reads at the moment: many silent ones, and readers that stopped in the middle of a flood.

import { readGroup } from '../measure/process-group.ts'
import type { Rig } from '../measure/rig.ts'
import { floodWork, idleWork } from './catalogue.ts'

export interface OpenStreamsSize {
  idle: number
  stopped: number
  /** How long the streams are left silent. */
  silenceMs: number
  /** How long memory is left to settle before it is read, and how long no stream must end for all to have ended. */
  settleMs: number
}

export interface OpenStreamsOutcome {
  size: OpenStreamsSize
  idle: {
    open: number
    /** Proportional set size over what it was before. */
    kbPerStream: number
    /** Part of one core that was used while all streams were silent. */
    cpuShare: number
    /** Streams that came to their end after they went on. */
    completed: number
  }
  stopped: { kbTotal: number; kbPerStream: number }
}

/** Floors: 16 KB an idle stream with none dropped, 256 KB a reader that stopped. */
export const openStreamGates = { idleKbMax: 16, stoppedKbMax: 256 }

export async function runOpenStreams(rig: Rig, size: OpenStreamsSize): Promise<OpenStreamsOutcome> {
  const { headgate, mock } = rig.options
  const read = () => readGroup(headgate.group)
  const before = read()
  const target = headgate.target(idleWork)
  const opened = await rig.idle({ kind: 'open-idle', target, connections: size.idle, readers: 'reading' })
  await sleep(size.settleMs)
  const silent = read()
  await sleep(size.silenceMs)
  const cpuShare = (read().cpuMs - silent.cpuMs) / size.silenceMs

  const flood = headgate.target(floodWork)
  await rig.idle({ kind: 'open-idle', target: flood, connections: size.stopped, readers: 'stopped' })
  await sleep(size.settleMs)
  const stoppedKb = read().pssKb - silent.pssKb
  await mock.release()
  const { completed } = await rig.idle({ kind: 'finish-idle', quietMs: size.settleMs })
  return {
    size,
    idle: { open: opened.open, kbPerStream: (silent.pssKb - before.pssKb) / size.idle, cpuShare, completed },
    stopped: { kbTotal: stoppedKb, kbPerStream: stoppedKb / Math.max(1, size.stopped) },
  }
}

export function openStreamsHold({ size, idle, stopped }: OpenStreamsOutcome): boolean {
  const { idleKbMax, stoppedKbMax } = openStreamGates
  return idle.completed === size.idle && idle.kbPerStream <= idleKbMax && stopped.kbPerStream <= stoppedKbMax
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
