import { useEffect, useState } from 'react'
import type { NewKey } from '../../api/keys.ts'
import type { RequestRow } from '../../api/requests.ts'
import { usePoll } from '../../api/use-poll.ts'
import { Link } from '../../app/router.tsx'
import { useServices } from '../../app/services.tsx'
import { ModelName } from '../../parts/badge.tsx'
import { formatMicros, formatUsd } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { StatusBadge } from '../../parts/status-badge.tsx'
import { firstRequest } from './first-request.ts'

const pollMs = 1_000
// Enough to find the new key's request among others that arrive in the same second.
const lookBack = 50

/** Mount with the key's id as `key`, so that a new key is waited for anew. */
export function FirstRequestCard({ madeKey }: { madeKey: NewKey | undefined }) {
  const { api, nowMs } = useServices()
  const [knownIds, setKnownIds] = useState<ReadonlySet<string> | undefined>(undefined)
  const [first, setFirst] = useState<RequestRow | undefined>(undefined)
  const waiting = first === undefined
  const { value: rows, problem } = usePoll({
    load: (signal) => api.requests({ limit: lookBack, signal }),
    intervalMs: pollMs,
    enabled: waiting,
  })

  useEffect(() => {
    if (rows === undefined) return
    setKnownIds((known) => known ?? new Set(rows.map((row) => row.requestId)))
    setFirst((already) => already ?? firstRequest(rows, { keyId: madeKey?.id, knownIds }))
  }, [rows, knownIds, madeKey])

  return (
    <section className={`card tick ${waiting ? 'tick-waiting' : 'tick-done'}`} aria-labelledby="first-request">
      <h2 id="first-request">
        <span className="tick-mark" aria-hidden="true">
          {!waiting && <Icon name="check" />}
        </span>
        <span aria-live="polite">{waiting ? 'Waiting for your first request…' : 'Your first request arrived'}</span>
      </h2>
      {waiting ? (
        <p className="hint">
          {problem === undefined
            ? `Run a snippet. It shows up here ${madeKey === undefined ? '' : `for ${madeKey.name} `}within two seconds.`
            : 'The request history does not answer at the moment; looking again shortly.'}
        </p>
      ) : (
        <Facts row={first} nowMs={nowMs()} />
      )}
    </section>
  )
}

function Facts({ row, nowMs }: { row: RequestRow; nowMs: number }) {
  return (
    <>
      <dl className="facts">
        <dt>Time</dt>
        <dd>
          <Moment atMs={row.atMs} nowMs={nowMs} />
        </dd>
        <dt>Model</dt>
        <dd>
          <ModelName model={row.model} />
        </dd>
        <dt>Status</dt>
        <dd>
          <StatusBadge row={row} />
        </dd>
        <dt>Latency</dt>
        <dd>{formatMicros(row.totalUs)}</dd>
        <dt>Cost</dt>
        <dd>{formatUsd(row.costUsd)}</dd>
      </dl>
      <Link href={`/requests?id=${encodeURIComponent(row.requestId)}`} current={false}>
        See the request
      </Link>
    </>
  )
}
