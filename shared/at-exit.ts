const functions = new Set<() => void>()

/**
 * Runs a function when this process ends; the returned function takes it back. All of them share one listener, because
 * Node warns of a leak when an emitter has more than ten.
 */
export function atExit(run: () => void): () => void {
  if (functions.size === 0) process.on('exit', runAll)
  functions.add(run)
  return () => {
    functions.delete(run)
    if (functions.size === 0) process.off('exit', runAll)
  }
}

function runAll(): void {
  for (const run of functions) run()
}
