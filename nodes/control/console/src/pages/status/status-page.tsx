// Is everything well, and if not, where: readiness with its reasons, the nodes, the targets they send to.
import type { WeightsRow } from '../../api/fleet.ts'
import { usePoll } from '../../api/use-poll.ts'
import { useServices } from '../../app/services.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { formatMillis } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { NodesTable } from './nodes-table.tsx'
import { ReadinessBanner } from './readiness-banner.tsx'
import { TargetsTable } from './targets-table.tsx'

const pollMs = 2_000

export function StatusPage() {
  const { api } = useServices()
  const readiness = usePoll({ load: (signal) => api.readiness(signal), intervalMs: pollMs })
  const nodes = usePoll({ load: (signal) => api.nodes(signal), intervalMs: pollMs })
  const targets = usePoll({ load: (signal) => api.targets(signal), intervalMs: pollMs })
  return (
    <>
      <header className="page-header">
        <h1>Status</h1>
        <p>The nodes of this installation, and the models and providers they send to.</p>
      </header>
      <ReadinessBanner poll={readiness} />
      <section className="card" aria-labelledby="nodes">
        <h2 id="nodes">Nodes</h2>
        <ErrorNotice problem={nodes.problem} title="The list of nodes is not up to date" />
        {nodes.value !== undefined && nodes.value.length > 0 && <NodesTable nodes={nodes.value} />}
        {nodes.value?.length === 0 && (
          <EmptyState icon={<Icon name="pulse" />} title="No node has reported yet">
            Nodes report every second once they run.
          </EmptyState>
        )}
      </section>
      <section className="card" aria-labelledby="targets">
        <h2 id="targets">Targets</h2>
        <ErrorNotice problem={targets.problem} title="The list of targets is not up to date" />
        <WeightsAge weights={targets.value?.weights} />
        {targets.value !== undefined && targets.value.targets.length > 0 && (
          <TargetsTable targets={targets.value.targets} />
        )}
        {targets.value?.targets.length === 0 && (
          <EmptyState icon={<Icon name="plug" />} title="No targets yet">
            A target appears when a model with a provider is configured.
          </EmptyState>
        )}
      </section>
    </>
  )
}

/** A warning about outdated weights; fresh ones need none. */
function WeightsAge({ weights }: { weights: WeightsRow | undefined }) {
  if (weights === undefined || !weights.stale) return undefined
  const { publisher, ageMs } = weights
  return (
    <div className="notice notice-warn" role="status">
      <Icon name="alert" />
      <p>{`The fleet's weights are ${formatMillis(ageMs)} old, by ${publisher}: proxies go by what they see themselves.`}</p>
    </div>
  )
}
