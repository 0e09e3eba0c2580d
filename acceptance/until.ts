// Waiting for what other processes do: a deadline instead of a guess.
import { busyness } from '../shared/test-load.ts'

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Resolves with the milliseconds it took until `holds`; throws after `timeoutMs`, or later on a machine that others use too. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number, everyMs = 20): Promise<number> {
  const startedMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedMs > timeoutMs * busyness())
      throw new Error(
        `it did not happen within ${timeoutMs} ms, times ${busyness().toFixed(1)} for the load of the machine`,
      )
    await sleep(everyMs)
  }
  return performance.now() - startedMs
}
