// Worlds from the command line: `npm run simulate -- --seeds 1000 --from 1`, or one with `SEED=17 npm run simulate`.
import { parseArgs } from 'node:util'
import { systemClock } from '../../shared/clock.ts'
import { simulateSeed } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'boolean' },
  },
})
const chosen = process.env['SEED']
const first = chosen === undefined ? Number(values.from) : Number(chosen)
const count = chosen === undefined ? Number(values.seeds) : 1
const startedMs = systemClock.monotonicMs()
let failed = 0
let revisions = 0
let steps = 0
for (let seed = first; seed < first + count; seed++) {
  const outcome = await simulateSeed(seed)
  revisions += outcome.revisions
  steps += outcome.steps
  if (outcome.breach !== undefined) {
    failed++
    console.log(`seed ${seed}: ${outcome.breach.promise}: ${outcome.breach.detail}`)
  }
  if (chosen !== undefined) console.log(outcome.trace.join('\n'))
}
const tookMs = systemClock.monotonicMs() - startedMs
const cpuMs = process.cpuUsage().user / 1_000
console.log(
  `${count} worlds, ${failed} failed, ${revisions} revisions, ${steps} steps, ${(tookMs / count).toFixed(1)} ms each, ${(cpuMs / count).toFixed(1)} ms of processor`,
)
