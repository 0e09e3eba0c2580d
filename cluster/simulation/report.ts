// Describes a broken promise: what broke, the command that shows it again, and the trace of the smallest world in which
// it breaks.
import { type Breach, promises } from './promises.ts'
import { planOf, replayCommand, shrink } from './shrink.ts'
import { simulate } from './simulate.ts'

export async function report(seed: number, { promise, detail }: Breach): Promise<string> {
  const kept = await shrink(seed, promise)
  const { trace } = await simulate(planOf(seed, kept))
  return [
    `seed ${seed} breaks "${promise}": ${promises[promise]}`,
    detail,
    ...trace.slice(-linesMax),
    `replay: ${replayCommand(seed, kept)}`,
  ].join('\n')
}

const linesMax = 120
