// The `headgate` command, and the only place that knows all nodes. Nothing heavy is imported here: each verb loads what it
// needs.
import { readFileSync } from 'node:fs'
import { runCli } from './cli/program.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

const code = await runCli(process.argv.slice(2), {
  version,
  async start({ role, auto }) {
    const { start: startNode } = await import('./start.ts')
    // A start that was refused may have left threads behind: they go with the process.
    process.exit(await startNode({ role, auto, version, environment: process.env }))
  },
})
if (code !== 0) process.exitCode = code
