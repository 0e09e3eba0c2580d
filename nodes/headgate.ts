// The `headgate` command, and the only place that knows all nodes. Nothing heavy is imported here: each verb loads what it
// needs.
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runCli } from './cli/program.ts'

// V8 would learn that objects of a request outlive it, because a few of many are alive at each collection, and put all of them
// into the old space: collecting that cost a tenth of a request.
setFlagsFromString('--no-allocation-site-pretenuring')

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const code = await runCli(process.argv.slice(2), {
  version,
  async start({ role, auto }) {
    const { start: startNode } = await import('./process/start.ts')
    // A start that was refused may have left threads behind: they go with the process.
    process.exit(await startNode({ role, auto, version, environment: process.env }))
  },
})
if (code !== 0) process.exitCode = code
