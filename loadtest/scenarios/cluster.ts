// What a cluster costs the path of a request: a proxy of one beside the same gateway in one process, in the same rounds.
import type { Rig } from '../measure/rig.ts'
import { type Comparison, compare, type Round, runRounds } from '../measure/rounds.ts'
import type { HeadgateCluster } from '../peers/headgate-cluster.ts'
import { smallWork } from './catalogue.ts'
import type { RunLength } from './ratios.ts'

export interface ClusterOutcome {
  toEmbedded: Comparison
  rounds: Round[]
}

/** A request may cost a proxy of a cluster a tenth more. */
export const clusterGate = 1.1

const connections = 32
const warmUpWindows = 3

export async function runCluster(rig: Rig, cluster: HeadgateCluster, length: RunLength): Promise<ClusterOutcome> {
  const { headgate } = rig.options
  const { seconds, rules, seed } = length
  const count = length.count === undefined ? undefined : Math.ceil(length.count / 3)
  const load = { connections, chunks: undefined, seconds, count, expectedStatus: 200 }
  const embedded = () => rig.measure(headgate, headgate.target(smallWork), load)
  const clustered = () => rig.measure(cluster, cluster.target(smallWork), load)
  for (let window = 0; count === undefined && window < warmUpWindows; window++) {
    await embedded()
    await clustered()
  }
  const options = { subject: cluster.name, reference: headgate.name, rules, seed }
  const windows = [embedded, clustered, clustered, embedded]
  const rounds = await runRounds(length.rounds, options, () => rig.round(windows))
  return { toEmbedded: compare(rounds, options), rounds }
}
