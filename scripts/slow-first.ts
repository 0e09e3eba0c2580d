// Starts the files first that take long and mostly wait, so that no worker is left alone with one at the end. A clean
// checkout has no measured times, so the names stand here; everything else keeps Vitest's order.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Slowest first. */
export const slowFiles: readonly string[] = [
  'acceptance/cluster-proxies.integration.test.ts',
  'acceptance/cluster-usage.integration.test.ts',
  'acceptance/cluster-bad-line.integration.test.ts',
  'acceptance/cluster-objectives.integration.test.ts',
  'acceptance/cluster-network.integration.test.ts',
  'acceptance/serving.integration.test.ts',
  'acceptance/cluster-rolling-restart.integration.test.ts',
  'cluster/config-log/server-faults.integration.test.ts',
  'acceptance/cluster-stored-responses.integration.test.ts',
  'acceptance/cluster-clocks.integration.test.ts',
  'acceptance/cluster-crash-loop.integration.test.ts',
  'cluster/state/jetstream-state.integration.test.ts',
  'cluster/config-log/stream-damage.integration.test.ts',
  'acceptance/kill.integration.test.ts',
  'nodes/telemetry-disks.integration.test.ts',
  'acceptance/realtime.integration.test.ts',
  'acceptance/cluster-roles.integration.test.ts',
  'cluster/config-log/jetstream-stream.integration.test.ts',
  'cluster/bus/nats-bus.integration.test.ts',
  'acceptance/latency-routing.integration.test.ts',
  'acceptance/newcomer.integration.test.ts',
  'acceptance/local-cluster.integration.test.ts',
  'cluster/leases/jetstream-lease-store.integration.test.ts',
  'acceptance/lost-acknowledgements.integration.test.ts',
  'nodes/proxy/http/silent.integration.test.ts',
  'loadtest/bench.integration.test.ts',
]

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => groupOf(one) - groupOf(other) || rankOf(one) - rankOf(other))
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = slowFiles.findIndex((file) => moduleId.endsWith(`/${file}`))
  return rank < 0 ? slowFiles.length : rank
}
