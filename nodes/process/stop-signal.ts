/** From a terminal a signal comes to the whole group, and once more from whoever waits there: that is one signal. */
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
