import type { Readiness } from '../../api/fleet.ts'
import type { Poll } from '../../api/use-poll.ts'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { Icon } from '../../parts/icon.tsx'

export function ReadinessBanner({ poll }: { poll: Poll<Readiness> }) {
  if (poll.problem !== undefined) return <ErrorNotice problem={poll.problem} />
  if (poll.value === undefined) return <p className="muted">Asking…</p>
  const { status, reasons } = poll.value
  const well = status === 'ok' && reasons.length === 0
  return (
    <div className={`notice ${well ? 'notice-good' : 'notice-warn'}`} role="status">
      <Icon name={well ? 'check' : 'alert'} />
      <div>
        <p className="notice-title">{well ? 'Everything is in order' : `Headgate is ${status}`}</p>
        {reasons.length > 0 && (
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
      </div>
    </div>
  )
}
