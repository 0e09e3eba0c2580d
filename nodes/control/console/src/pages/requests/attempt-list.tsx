import type { AttemptRow } from '../../api/requests.ts'
import { Badge } from '../../parts/badge.tsx'
import { formatMicros, formatUsd } from '../../parts/format.ts'

export function AttemptList({ attempts }: { attempts: readonly AttemptRow[] }) {
  if (attempts.length === 0) return <p className="muted">No upstream was asked.</p>
  return (
    <ol className="attempts">
      {attempts.map((attempt) => (
        <li key={attempt.index}>
          <p className="attempt-line">
            <span>
              <strong>{attempt.provider || 'unknown provider'}</strong> <code>{attempt.target}</code>
            </span>
            <Badge tone={attempt.outcome === 'ok' ? 'good' : 'bad'}>{outcomeText(attempt)}</Badge>
          </p>
          {attempt.upstreamText !== '' && <p>{attempt.upstreamText}</p>}
          <p className="hint">{timesText(attempt)}</p>
        </li>
      ))}
    </ol>
  )
}

function outcomeText({ outcome, upstreamStatus }: AttemptRow): string {
  return upstreamStatus === undefined || upstreamStatus === 0 ? outcome : `${outcome} ${upstreamStatus}`
}

// Zero means "none came" in these records, so it is left out rather than shown as a very good time.
function timesText(attempt: AttemptRow): string {
  const parts: string[] = []
  if (attempt.firstByteUs) parts.push(`first byte after ${formatMicros(attempt.firstByteUs)}`)
  if (attempt.ttftUs) parts.push(`first token after ${formatMicros(attempt.ttftUs)}`)
  parts.push(`took ${formatMicros(attempt.totalUs)}`)
  if (attempt.costUsd) parts.push(`cost ${formatUsd(attempt.costUsd)}`)
  return parts.join(' · ')
}
