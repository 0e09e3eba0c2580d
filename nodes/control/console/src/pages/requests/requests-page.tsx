import { useEffect, useMemo, useState } from 'react'
import { type RequestFilter, requestsPath } from '../../api/requests.ts'
import { usePoll } from '../../api/use-poll.ts'
import { useRouter } from '../../app/router.tsx'
import { useServices } from '../../app/services.tsx'
import { Button } from '../../parts/button.tsx'
import { EmptyState } from '../../parts/empty-state.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { Icon } from '../../parts/icon.tsx'
import { statusChoices } from './filter.ts'
import { RequestDrawer } from './request-drawer.tsx'
import { RequestsTable } from './requests-table.tsx'

const pollMs = 2_000
/** The search of a text reads many records, so it is repeated less often, and not begun at each letter. */
const searchPollMs = 10_000
const typingMs = 250
const keysPollMs = 30_000
const rowsMax = 50
const noNames: ReadonlyMap<string, string> = new Map()

export function RequestsPage() {
  const { api, nowMs } = useServices()
  const { place, go } = useRouter()
  const [filter, setFilter] = useState<RequestFilter>({ text: '', status: '' })
  const asked = useSettled(filter, typingMs)
  const [live, setLive] = useState(true)
  const { value, problem } = usePoll({
    load: (signal) => api.requests({ limit: rowsMax, signal, filter: asked }),
    intervalMs: asked.text === '' ? pollMs : searchPollMs,
    question: requestsPath({ limit: rowsMax, filter: asked }),
    enabled: live,
  })
  const { value: keyNames = noNames } = usePoll({ load: (signal) => api.keyNames(signal), intervalMs: keysPollMs })
  const rows = useMemo(
    () => value?.map((row) => ({ ...row, keyName: row.keyName || (keyNames.get(row.keyId) ?? '') })),
    [value, keyNames],
  )
  const openId = place.query.get('id')
  return (
    <>
      <header className="page-header">
        <h1>Requests</h1>
        <p>
          At most {rowsMax}, newest first; the filter searches the whole history. Metadata only: prompts and answers are
          not kept.
        </p>
      </header>
      <section className="card" aria-label="Recent requests">
        <FilterBar filter={filter} onFilter={setFilter} live={live} onLive={setLive} />
        <ErrorNotice problem={problem} title="The request history is not up to date" />
        {rows !== undefined && rows.length > 0 && (
          <RequestsTable rows={rows} nowMs={nowMs()} onOpen={(id) => go(`/requests?id=${encodeURIComponent(id)}`)} />
        )}
        {rows?.length === 0 && <Nothing filtered={asked.text.trim() !== '' || asked.status !== ''} />}
      </section>
      {openId !== null && (
        <RequestDrawer key={openId} id={openId} keyNames={keyNames} onClose={() => go('/requests')} />
      )}
    </>
  )
}

/** The value once it has not changed for a while. */
function useSettled<Value>(value: Value, afterMs: number): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), afterMs)
    return () => clearTimeout(timer)
  }, [value, afterMs])
  return settled
}

function FilterBar(props: {
  filter: RequestFilter
  onFilter: (filter: RequestFilter) => void
  live: boolean
  onLive: (live: boolean) => void
}) {
  const { filter, onFilter, live, onLive } = props
  return (
    <search className="filter-bar">
      <input
        type="search"
        aria-label="Filter by id, model, key, team or error"
        placeholder="Filter by id, model, key, team, error"
        value={filter.text}
        onChange={(event) => onFilter({ ...filter, text: event.target.value })}
      />
      <select
        aria-label="Status"
        value={filter.status}
        onChange={(event) => onFilter({ ...filter, status: event.target.value })}
      >
        {statusChoices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
      <Button aria-pressed={live} onClick={() => onLive(!live)}>
        <span className={live ? 'dot dot-live' : 'dot'} aria-hidden="true" />
        {live ? 'Live' : 'Paused'}
      </Button>
    </search>
  )
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <EmptyState icon={<Icon name="list" />} title="Nothing matches">
      Loosen the filter to see the other requests.
    </EmptyState>
  ) : (
    <EmptyState icon={<Icon name="list" />} title="No requests yet">
      The Connect page has a snippet that makes the first one.
    </EmptyState>
  )
}
