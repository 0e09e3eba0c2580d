// Makes a failure small: everything in the plan that is not needed for the same promise to break is left out.
import { drawPlan, type Plan } from './plan.ts'
import type { PromiseName } from './promises.ts'
import { simulate } from './simulate.ts'

/** The parts of a plan that are kept, by their places in the plan of the seed. */
export interface Kept {
  faults: readonly number[]
  commands: readonly number[]
}

export function planOf(seed: number, kept?: Partial<Kept>): Plan {
  const plan = drawPlan(seed)
  const { faults, commands } = kept ?? {}
  return {
    ...plan,
    faults: faults === undefined ? plan.faults : faults.flatMap((index) => plan.faults[index] ?? []),
    commands: commands === undefined ? plan.commands : commands.flatMap((index) => plan.commands[index] ?? []),
  }
}

export async function shrink(seed: number, promise: PromiseName): Promise<Kept> {
  const whole = drawPlan(seed)
  let kept: Kept = { faults: [...whole.faults.keys()], commands: [...whole.commands.keys()] }
  const stillBreaks = async (candidate: Kept): Promise<boolean> => {
    const { breach } = await simulate(planOf(seed, candidate))
    return breach?.promise === promise
  }
  for (const part of ['faults', 'commands', 'faults'] as const) {
    for (const index of kept[part].toReversed()) {
      const candidate = { ...kept, [part]: kept[part].filter((other) => other !== index) }
      if (await stillBreaks(candidate)) kept = candidate
    }
  }
  return kept
}

/** Returns the command that shows the failure again. */
export function replayCommand(seed: number, { faults, commands }: Kept): string {
  return `SEED=${seed} npm run simulate -- --faults '${faults.join(' ')}' --commands '${commands.join(' ')}'`
}
