import type { RequestRow } from '../../api/requests.ts'
import { ModelName } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { absent, formatCount, formatMicros, formatUsd } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'
import { StatusBadge } from '../../parts/status-badge.tsx'

export function RequestsTable(props: {
  rows: readonly RequestRow[]
  nowMs: number
  onOpen: (requestId: string) => void
}) {
  const { rows, nowMs, onOpen } = props
  const columns: readonly Column<RequestRow>[] = [
    {
      name: 'Time',
      cell: (row) => (
        <button
          type="button"
          className="row-button"
          aria-label={`Details of ${row.requestId}`}
          onClick={() => onOpen(row.requestId)}
        >
          <Moment atMs={row.atMs} nowMs={nowMs} />
        </button>
      ),
    },
    { name: 'Status', cell: (row) => <StatusBadge row={row} /> },
    { name: 'Model', cell: (row) => <ModelName model={row.model || row.askedModel} /> },
    {
      name: 'Key',
      wideOnly: true,
      cell: (row) => <span className="cell-text">{row.keyName || row.keyId || absent}</span>,
    },
    { name: 'Tokens', align: 'end', wideOnly: true, cell: (row) => tokensText(row) },
    { name: 'Cost', align: 'end', wideOnly: true, cell: (row) => formatUsd(row.costUsd) },
    { name: 'Tries', align: 'end', wideOnly: true, cell: (row) => formatCount(row.attemptCount) },
    { name: 'Latency', align: 'end', cell: (row) => formatMicros(row.totalUs) },
  ]
  return <DataTable caption="Recent requests" columns={columns} rows={rows} rowKey={(row) => row.requestId} />
}

function tokensText(row: RequestRow): string {
  if (row.inputTokens === undefined && row.outputTokens === undefined) return absent
  return `${formatCount(row.inputTokens)} → ${formatCount(row.outputTokens)}`
}
