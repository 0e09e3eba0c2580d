// `npm run bench -- [--tiny] [--rounds N] [--seconds S] [--scenario S1,S4] [--minutes N] [--no-portkey] [--json file]`.
// Exit code: 0 all gates hold, 1 one does not, 2 the arguments are wrong.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { formatReport, hasFailed } from './report.ts'
import { type BenchOptions, runBench, type ScenarioId, scenarioIds, usualScenarioIds } from './run-bench.ts'

const { values } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '3' },
    scenario: { type: 'string' },
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    portkey: { type: 'boolean', default: true },
    json: { type: 'string' },
  },
  allowNegative: true,
})

const scenarios = values.scenario?.split(',') ?? [...usualScenarioIds]
const unknown = scenarios.filter((id) => !scenarioIds.some((known) => known === id))
if (unknown.length > 0) {
  process.stderr.write(`unknown scenario ${unknown.join(', ')}; known are ${scenarioIds.join(', ')}\n`)
  process.exit(2)
}

// Subjects run in process groups of their own, which a Ctrl-C does not reach; they end when this process exits in order.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const options: BenchOptions = {
  tiny: values.tiny,
  scenarios: scenarios as ScenarioId[],
  rounds: values.tiny ? 1 : Number(values.rounds),
  seconds: Number(values.seconds),
  soakMinutes: Number(values.minutes),
  seed: Number(values.seed),
  portkey: values.portkey,
  progress: (line) => void process.stderr.write(`${line} …\n`),
}
const outcome = await runBench(options)
const file = values.json ?? resultFile()
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(outcome, undefined, 1)}\n`)
process.stdout.write(`${formatReport(outcome)}\nraw rounds: ${file}\n`)
process.exit(hasFailed(outcome) ? 1 : 0)

function resultFile(): string {
  const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'bench-results')
  return join(folder, `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`)
}
