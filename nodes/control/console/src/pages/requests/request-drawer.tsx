// One request in full, with every attempt. A modal dialog: the browser keeps the focus inside and closes it on Escape.
import { type ReactNode, useEffect, useRef } from 'react'
import type { RequestDetail, RequestRow } from '../../api/requests.ts'
import { usePoll } from '../../api/use-poll.ts'
import { useServices } from '../../app/services.tsx'
import { ModelName } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { absent, formatCount, formatMicros, formatUsd } from '../../parts/format.ts'
import { Icon } from '../../parts/icon.tsx'
import { Moment } from '../../parts/moment.tsx'
import { StatusBadge } from '../../parts/status-badge.tsx'
import { AttemptList } from './attempt-list.tsx'

// A finished request changes no more; it is asked for again only because its attempts may still be on their way.
const pollMs = 10_000

export function RequestDrawer(props: { id: string; keyNames: ReadonlyMap<string, string>; onClose: () => void }) {
  const { api } = useServices()
  const dialog = useRef<HTMLDialogElement>(null)
  const { value: detail, problem } = usePoll({
    load: (signal) => api.request({ id: props.id, signal }),
    intervalMs: pollMs,
  })
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} className="drawer" aria-labelledby="drawer-title" onClose={props.onClose}>
      <header>
        <h2 id="drawer-title">Request</h2>
        <Button kind="quiet" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </Button>
      </header>
      <p className="drawer-id">
        <code>{props.id}</code>
        <CopyButton text={props.id} what="request id" />
      </p>
      {detail === undefined && problem === undefined && <p className="muted">Asking…</p>}
      {detail === undefined && <ErrorNotice problem={problem} title="This request cannot be shown" />}
      {detail !== undefined && <Detail detail={detail} keyNames={props.keyNames} />}
    </dialog>
  )
}

function Detail({ detail, keyNames }: { detail: RequestDetail; keyNames: ReadonlyMap<string, string> }) {
  const { nowMs } = useServices()
  return (
    <>
      <dl className="facts">
        {factsOf(detail.request, { keyNames, nowMs: nowMs() }).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>Attempts</h3>
      <AttemptList attempts={detail.attempts} />
    </>
  )
}

function factsOf(
  row: RequestRow,
  context: { keyNames: ReadonlyMap<string, string>; nowMs: number },
): readonly (readonly [string, ReactNode])[] {
  const cached = row.cachedTokens === undefined || row.cachedTokens === 0 ? '' : ` (${row.cachedTokens} cached)`
  const tokens = `${formatCount(row.inputTokens)} in${cached}, ${formatCount(row.outputTokens)} out`
  return [
    ['Status', <StatusBadge key="status" row={row} />],
    ...(row.errorCode === '' ? [] : [['Error', <code key="error">{row.errorCode}</code>] as const]),
    ...(row.limitedBy === '' ? [] : [['By', <code key="by">{row.limitedBy}</code>] as const]),
    ['Time', <Moment key="time" atMs={row.atMs} nowMs={context.nowMs} />],
    ['Model', <ModelName key="model" model={row.model} />],
    ...(row.askedModel === '' ? [] : [['Asked for', <code key="asked">{row.askedModel}</code>] as const]),
    ['Route', row.route === '' ? absent : <code key="route">{row.route}</code>],
    ['Key', row.keyName || context.keyNames.get(row.keyId) || row.keyId || absent],
    ['Team', row.team || absent],
    ['Answer', row.stream ? 'streamed' : 'in one piece'],
    ['Cache', row.cacheStatus || absent],
    ['Tokens', row.estimated ? `${tokens}, estimated` : tokens],
    ['Cost', formatUsd(row.costUsd)],
    ['Total', formatMicros(row.totalUs)],
    // Zero means that none came.
    ['First token', row.stream && row.ttftUs ? formatMicros(row.ttftUs) : absent],
    ['Overhead', formatMicros(row.overheadUs)],
    ['Config revision', formatCount(row.configRevision)],
  ]
}
