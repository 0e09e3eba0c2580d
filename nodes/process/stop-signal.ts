/** Signals this close together are one: a terminal signals the whole group, and whoever waits there signals once more. */
const sameMs = 500

/** The first SIGTERM or SIGINT; a second one that comes later ends the process at once. */
export function stopSignal(): Promise<string> {
  const alive = setInterval(() => {}, 60_000)
  return new Promise((resolve) => {
    let firstMs: number | undefined
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        const nowMs = performance.now()
        if (firstMs !== undefined && nowMs - firstMs > sameMs) process.exit(130)
        firstMs ??= nowMs
        clearInterval(alive)
        resolve(signal)
      })
    }
  })
}
