import type { TargetRow } from '../../api/fleet.ts'
import { Badge, ModelName, type Tone } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { absent, formatCount, formatMillis, formatPercent } from '../../parts/format.ts'

const toneOf: Readonly<Record<string, Tone>> = { healthy: 'good', degraded: 'warn', ejected: 'bad' }

const columns: readonly Column<TargetRow>[] = [
  { name: 'Model', cell: (row) => <ModelName model={row.model} provider={row.provider} /> },
  { name: 'Provider', cell: (row) => <span className="cell-text">{row.provider || absent}</span> },
  { name: 'Target', cell: (row) => <span className="mono">{row.target || absent}</span> },
  { name: 'Weight', align: 'end', cell: (row) => <Weight row={row} /> },
  { name: 'Share', align: 'end', wideOnly: true, cell: (row) => <Share row={row} /> },
  { name: 'Health', cell: (row) => <Badge tone={toneOf[row.health] ?? 'calm'}>{row.health}</Badge> },
  { name: 'In flight', align: 'end', cell: (row) => formatCount(row.inFlight) },
  { name: 'First token p50', align: 'end', cell: (row) => formatMillis(row.ttftMsP50) },
  { name: 'p99', align: 'end', cell: (row) => formatMillis(row.ttftMsP99) },
]

export function TargetsTable({ targets }: { targets: readonly TargetRow[] }) {
  return (
    <DataTable
      caption="Targets"
      columns={columns}
      rows={targets}
      rowKey={(row) => JSON.stringify([row.model, row.provider, row.target])}
    />
  )
}

/** What burns an objective's budget gets less. */
function Weight({ row: { weight, multiplier } }: { row: TargetRow }) {
  const lowered = multiplier !== undefined && multiplier < 1
  return (
    <>
      {formatCount(weight)} {lowered && <Badge tone="warn">{`× ${multiplier.toFixed(2)}`}</Badge>}
    </>
  )
}

function Share({ row: { shareOfStreams, shareOfWholes } }: { row: TargetRow }) {
  if (shareOfStreams === undefined || shareOfWholes === undefined) return <span className="muted">{absent}</span>
  const [streams, wholes] = [formatPercent(shareOfStreams), formatPercent(shareOfWholes)]
  return <span title={`Of streams ${streams}, of whole answers ${wholes}`}>{`${streams} / ${wholes}`}</span>
}
