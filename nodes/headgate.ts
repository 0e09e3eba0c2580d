// The `headgate` command, and the only place that knows all nodes. Nothing heavy is imported here: each verb loads what it
// needs.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { readStart, type StartVerb } from './cli/start-verb.ts'

// V8 would learn that objects of a request outlive it, because a few of many are alive at each collection, and put all of them
// into the old space: collecting that cost a tenth of a request.
setFlagsFromString('--no-allocation-site-pretenuring')
// What survives in a young heap is little: waking other threads to copy it costs more than to copy it, 4 % of a request's CPU.
setFlagsFromString('--no-parallel-scavenge')

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const words = process.argv.slice(2)
const plainStart = readStart(words)
if (plainStart !== undefined) await start(plainStart)
else {
  const { runCli } = await import('./cli/program.ts')
  const code = await runCli(words, { version, start })
  if (code !== 0) process.exitCode = code
}

async function start({ role, auto }: StartVerb): Promise<void> {
  const { limitHeap } = await import('./process/heap-limit.ts')
  limitHeap(role, process.env)
  const [{ start: startNode }, { systemClock }] = await Promise.all([
    import('./process/start.ts'),
    import('../shared/clock.ts'),
  ])
  // A start that was refused may have left threads behind: they go with the process.
  process.exit(
    await startNode({ role, auto, version, environment: process.env }, { clock: systemClock, chance: Math.random }),
  )
}
