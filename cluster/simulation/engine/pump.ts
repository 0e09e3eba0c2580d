// Advances a timeline in real time, for contract suites that were written for the real adapters.
import { setTimeout as pause } from 'node:timers/promises'
import type { Timeline } from './timeline.ts'

export function pump(timeline: Timeline): { stop(): Promise<void> } {
  let isStopped = false
  const run = async (): Promise<void> => {
    const beganMs = performance.now()
    while (!isStopped) {
      await timeline.runUntil(performance.now() - beganMs)
      await pause(1)
    }
  }
  const running = run()
  return {
    stop: () => {
      isStopped = true
      return running
    },
  }
}
