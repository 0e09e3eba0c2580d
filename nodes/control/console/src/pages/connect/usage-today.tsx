import { sumUsage, type UsageRow } from '../../api/usage.ts'
import { usePoll } from '../../api/use-poll.ts'
import { useServices } from '../../app/services.tsx'
import { ModelName } from '../../parts/badge.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { Figure } from '../../parts/figure.tsx'
import { dayStartMs, formatCount, formatUsd } from '../../parts/format.ts'

const pollMs = 3_000
const modelsShownMax = 5

export function UsageToday() {
  const { api, nowMs } = useServices()
  const { value: rows, problem } = usePoll({
    load: (signal) => api.usageByModel({ fromMs: dayStartMs(nowMs()), signal }),
    intervalMs: pollMs,
  })
  const sum = rows === undefined ? undefined : sumUsage(rows)
  return (
    <section className="card" aria-labelledby="usage-today">
      <h2 id="usage-today">Today</h2>
      {rows === undefined && <ErrorNotice problem={problem} title="No usage figures" />}
      <dl className="figures">
        <Figure label="Requests" value={formatCount(sum?.requests)} {...errorNote(sum)} />
        <Figure label="Cost" value={formatUsd(sum?.costUsd)} />
        <Figure label="Tokens in" value={formatCount(sum?.inputTokens)} />
        <Figure label="Tokens out" value={formatCount(sum?.outputTokens)} />
      </dl>
      {rows !== undefined && rows.length > 0 && <ByModel rows={rows} />}
    </section>
  )
}

function ByModel({ rows }: { rows: readonly UsageRow[] }) {
  const served = rows.filter(({ requests }) => requests > 0)
  const busiest = served.toSorted((a, b) => b.requests - a.requests).slice(0, modelsShownMax)
  return (
    <ul className="by-model" aria-label="Requests by model">
      {busiest.map((row) => (
        <li key={row.model}>
          <ModelName model={row.model} />
          <span className="number">{formatCount(row.requests)}</span>
        </li>
      ))}
    </ul>
  )
}

function errorNote(sum: UsageRow | undefined): { note?: string } {
  if (sum === undefined || sum.errors === 0) return {}
  // Requests that the gateway rejected are errors, and are not counted as requests.
  return { note: `${formatCount(sum.errors)} ${sum.errors === 1 ? 'error' : 'errors'}, rejected requests included` }
}
