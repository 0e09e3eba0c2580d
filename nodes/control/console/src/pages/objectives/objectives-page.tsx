// What has to be good, and how much of what may be bad is left; then which alerts came and went.
import type { Evaluation } from '../../api/objectives.ts'
import { usePoll } from '../../api/use-poll.ts'
import { useServices } from '../../app/services.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { formatMillis } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { AlertsTable } from './alerts-table.tsx'
import { ObjectivesTable } from './objectives-table.tsx'

const pollMs = 2_000

export function ObjectivesPage() {
  const { api, nowMs } = useServices()
  const list = usePoll({ load: (signal) => api.objectives(signal), intervalMs: pollMs })
  const { objectives, alerts, evaluation } = list.value ?? { objectives: [], alerts: [], evaluation: undefined }
  return (
    <>
      <header className="page-header">
        <h1>Objectives</h1>
        <p>What has to be good over a window, and how much of the error budget is left.</p>
      </header>
      {list.value !== undefined && objectives.length > 0 && <Judged evaluation={evaluation} />}
      <section className="card" aria-labelledby="objectives">
        <h2 id="objectives">Objectives</h2>
        <ErrorNotice problem={list.problem} title="The list of objectives is not up to date" />
        {objectives.length > 0 && <ObjectivesTable objectives={objectives} nowMs={nowMs()} />}
        {list.value !== undefined && objectives.length === 0 && (
          <EmptyState icon={<Icon name="target" />} title="No objective yet">
            Say what has to be good with PUT /api/v1/slos/&lt;name&gt;, or under slos in headgate.yaml.
          </EmptyState>
        )}
      </section>
      {list.value !== undefined && objectives.length > 0 && (
        <section className="card" aria-labelledby="alerts">
          <h2 id="alerts">Alerts</h2>
          {alerts.length > 0 ? (
            <AlertsTable alerts={alerts} nowMs={nowMs()} />
          ) : (
            <EmptyState icon={<Icon name="check" />} title="No alert so far">
              An alert begins when a budget burns too fast, and ends when it no longer does.
            </EmptyState>
          )}
        </section>
      )}
    </>
  )
}

/** Figures that nobody renews must not look like the present. */
function Judged({ evaluation }: { evaluation: Evaluation | undefined }) {
  if (evaluation === undefined) {
    return (
      <div className="notice notice-warn" role="status">
        <Icon name="alert" />
        <p className="notice-title">No aggregator judges the objectives now</p>
      </div>
    )
  }
  const { publisher, ageMs, stale, silentPartitions } = evaluation
  if (!stale && silentPartitions === 0) return <p className="muted">{`Judged each second by ${publisher}.`}</p>
  return (
    <div className="notice notice-warn" role="status">
      <Icon name="alert" />
      <div>
        {stale && <p className="notice-title">{`Last judged ${formatMillis(ageMs)} ago, by ${publisher}`}</p>}
        {silentPartitions > 0 && (
          <p>{`The usage of ${silentPartitions} partitions is not up to date: their aggregators are silent.`}</p>
        )}
      </div>
    </div>
  )
}
