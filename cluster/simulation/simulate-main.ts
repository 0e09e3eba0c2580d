// Runs worlds from the command line: many with `npm run simulate -- --seeds 100000 --from 1`, one with `SEED=17 npm run
// simulate`, and the rest of a world after a failure was made small with the command that the failure printed.
import { parseArgs } from 'node:util'
import { systemClock } from '../../shared/clock.ts'
import { type GuardName, guards, takeAway } from './guards.ts'
import type { Outcome } from './simulate.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    /** Stop at the first failure and do not make it small. */
    brief: { type: 'boolean', default: false },
    faults: { type: 'string' },
    commands: { type: 'string' },
    /** The name of a guard in `guards.ts` to remove: then promises have to break. */
    without: { type: 'string' },
  },
})

if (values.without !== undefined) {
  if (!Object.hasOwn(guards, values.without)) throw new Error(`there is no guard "${values.without}"`)
  takeAway(values.without as GuardName)
}
const { simulate } = await import('./simulate.ts')
const { planOf } = await import('./shrink.ts')
const { report } = await import('./report.ts')

let seed = 0
process.on('unhandledRejection', (error) => {
  say(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`)
  process.exit(1)
})

const chosen = process.env['SEED']
process.exitCode = chosen === undefined ? await runMany() : await runOne(Number(chosen))

async function runOne(only: number): Promise<number> {
  seed = only
  const { faults, commands } = values
  const plan = planOf(only, {
    ...(faults === undefined ? {} : { faults: numbers(faults) }),
    ...(commands === undefined ? {} : { commands: numbers(commands) }),
  })
  const outcome = await simulate(plan)
  say(outcome.trace.join('\n'))
  say(`seed ${only}: ${verdictOf(outcome)} (trace ${outcome.hash})`)
  return outcome.breach === undefined ? 0 : 1
}

async function runMany(): Promise<number> {
  const [first, count] = [Number(values.from), Number(values.seeds)]
  const startedMs = systemClock.monotonicMs()
  let failed = 0
  let steps = 0
  for (seed = first; seed < first + count; seed++) {
    const outcome = await simulate(planOf(seed))
    steps += outcome.steps
    if ((seed - first + 1) % 1_000 === 0) say(`${seed - first + 1} of ${count}`)
    if (outcome.breach === undefined) continue
    failed++
    say(values.brief ? `seed ${seed}: ${verdictOf(outcome)}` : await report(seed, outcome.breach))
    if (values.brief) return 1
  }
  const msEach = (systemClock.monotonicMs() - startedMs) / count
  say(`${count} worlds, ${failed} failed; ${Math.round(steps / count)} steps and ${msEach.toFixed(1)} ms each`)
  return failed === 0 ? 0 : 1
}

function verdictOf({ breach }: Outcome): string {
  return breach === undefined ? 'every promise was kept' : `breaks "${breach.promise}": ${breach.detail}`
}

function numbers(list: string): number[] {
  return list
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(Number)
}

/** Prints to standard output, which holds only the requested report. */
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
