// The plan of a world: its nodes, its commands, and its faults with their times. All of it comes from the seed, and any
// part may be left out afterwards: that is how a failure is made small.
import { Dice } from './engine/dice.ts'
import { drawFaults, type Fault } from './faults/faults.ts'
import { type Command, drawCommands } from './workload.ts'

export interface Plan {
  seed: number
  controls: number
  proxies: number
  /** Faults begin within this time. */
  troubledMs: number
  duplicateWindowMs: number
  /** True when control nodes contend for a lease, which doubles the cost of a world. */
  hasLease: boolean
  commands: Command[]
  faults: Fault[]
}

export function drawPlan(seed: number): Plan {
  const dice = new Dice(seed).fork('plan')
  const controls = dice.pick([1, 2, 2, 3])
  const proxies = dice.between(1, 3)
  const troubledMs = dice.between(5_000, 20_000)
  const count = dice.between(4, 22)
  return {
    seed,
    controls,
    proxies,
    troubledMs,
    // The window that JetStream is asked for, or one so short that it ends before a command is given up.
    duplicateWindowMs: dice.pick([120_000, 120_000, 4_000]),
    hasLease: controls > 1 && dice.happens(0.2),
    commands: drawCommands(dice.fork('commands'), { count, untilMs: troubledMs, controls }),
    faults: drawFaults(dice.fork('faults'), { untilMs: troubledMs, nodes: controls + proxies }),
  }
}
