// Waiting for what other processes do: a deadline instead of a guess.

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Resolves with the milliseconds it took until `holds`; throws after `timeoutMs`. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs: number, everyMs = 20): Promise<number> {
  const startedMs = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedMs > timeoutMs) throw new Error(`it did not happen within ${timeoutMs} ms`)
    await sleep(everyMs)
  }
  return performance.now() - startedMs
}
