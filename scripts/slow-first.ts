// Starts the files first that take long and mostly wait, so that no worker is left alone with one at the end. A clean
// checkout has no measured times, so the list is written down here. All other files keep Vitest's order.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Names of files, in whatever folder; slowest first. */
export const slowFiles: readonly string[] = [
  'cluster-proxies.integration.test.ts',
  'cluster-usage.integration.test.ts',
  'cluster-bad-line.integration.test.ts',
  'cluster-objectives.integration.test.ts',
  'cluster-network.integration.test.ts',
  'stops.integration.test.ts',
  'serving.integration.test.ts',
  'cluster-rolling-restart.integration.test.ts',
  'server-faults.integration.test.ts',
  'cluster-stored-responses.integration.test.ts',
  'cluster-clocks.integration.test.ts',
  'cluster-crash-loop.integration.test.ts',
  'jetstream-state.integration.test.ts',
  'stream-damage.integration.test.ts',
  'kill.integration.test.ts',
  'telemetry-disks.integration.test.ts',
  'sessions.integration.test.ts',
  'cluster-roles.integration.test.ts',
  'jetstream-stream.integration.test.ts',
  'nats-bus.integration.test.ts',
  'latency-routing.integration.test.ts',
  'newcomer.integration.test.ts',
  'local-cluster.integration.test.ts',
  'jetstream-lease-store.integration.test.ts',
  'lost-acknowledgements.integration.test.ts',
  'silent.integration.test.ts',
  'bench.integration.test.ts',
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
