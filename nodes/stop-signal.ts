/** The first SIGTERM or SIGINT; the second one ends the process at once. */
export function stopSignal(): Promise<string> {
  const alive = setInterval(() => {}, 60_000)
  return new Promise((resolve) => {
    let stopping = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (stopping) process.exit(130)
        stopping = true
        clearInterval(alive)
        resolve(signal)
      })
    }
  })
}
