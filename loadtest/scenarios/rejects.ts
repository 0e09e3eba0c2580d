// What a refusal costs next to an answer of our own: whoever floods us with bad requests must pay more than we do.
import type { Rig } from '../measure/rig.ts'
import { type Comparison, compare, type Round, runRounds } from '../measure/rounds.ts'
import { type RejectScenario, smallWork } from './catalogue.ts'
import type { RunLength } from './ratios.ts'

export interface RejectOutcome {
  scenario: RejectScenario
  toOwnSmall: Comparison
  rounds: Round[]
}

const connections = 32

export async function runReject(rig: Rig, scenario: RejectScenario, length: RunLength): Promise<RejectOutcome> {
  const { headgate } = rig.options
  const { seconds, rules, seed } = length
  const count = length.count === undefined ? undefined : Math.ceil(length.count / 3)
  const load = { connections, chunks: undefined, seconds, count }
  const answered = () => rig.measure(headgate, headgate.target(smallWork), { ...load, expectedStatus: 200 })
  const target = headgate.rejectedTarget(scenario.work, scenario.reason)
  const rejected = async () => {
    const window = await rig.measure(headgate, target, { ...load, expectedStatus: Number(scenario.reason) })
    return { ...window, subject: 'rejected' }
  }
  if (count === undefined) await rejected()
  const options = { subject: 'rejected', reference: 'headgate', rules, seed }
  const windows = [answered, rejected, rejected, answered]
  const rounds = await runRounds(length.rounds, options, () => rig.round(windows))
  return { scenario, toOwnSmall: compare(rounds, options), rounds }
}
