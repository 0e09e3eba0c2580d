import type { ObjectiveRow, ObjectiveStatus } from '../../api/objectives.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { absent, formatBurn, formatCount, formatPercent } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'

const toneOf: Readonly<Record<string, Tone>> = { ok: 'good', ticket: 'warn', page: 'bad' }

export function ObjectivesTable({ objectives, nowMs }: { objectives: readonly ObjectiveRow[]; nowMs: number }) {
  return <DataTable caption="Objectives" columns={columnsAt(nowMs)} rows={objectives} rowKey={(row) => row.name} />
}

function columnsAt(nowMs: number): readonly Column<ObjectiveRow>[] {
  return [
    { name: 'Objective', cell: (row) => <What row={row} /> },
    { name: 'State', cell: (row) => <State row={row} nowMs={nowMs} /> },
    { name: 'Budget left', cell: (row) => <Budget part={row.status?.budgetRemaining} name={row.name} /> },
    burnColumn('5m', false),
    burnColumn('1h', false),
    burnColumn('6h', true),
    burnColumn('3d', true),
    {
      name: 'Bad of all',
      align: 'end',
      wideOnly: true,
      cell: ({ status }) => `${formatCount(badOf(status))} / ${formatCount(status?.total)}`,
    },
  ]
}

function badOf(status: ObjectiveStatus | undefined): number | undefined {
  if (status?.good === undefined || status.total === undefined) return undefined
  return status.total - status.good
}

function burnColumn(window: string, wideOnly: boolean): Column<ObjectiveRow> {
  return {
    name: `Burn ${window}`,
    align: 'end',
    wideOnly,
    cell: ({ status }) => {
      const rate = status?.burn[window]
      return <span className={rate !== undefined && rate > 1 ? 'burning' : undefined}>{formatBurn(rate)}</span>
    },
  }
}

function What({ row }: { row: ObjectiveRow }) {
  const { name, objective, threshold, target, window, match } = row
  const within = threshold === '' ? '' : ` within ${threshold}`
  return (
    <div className="objective">
      <span className="mono">{name}</span>
      <span className="muted">{`${formatPercent(target)} ${words[objective] ?? objective}${within}, ${window}`}</span>
      <span className="muted">{match.length === 0 ? 'of everything' : match.join(', ')}</span>
    </div>
  )
}

const words: Readonly<Record<string, string>> = {
  availability: 'answered',
  ttft: 'first tokens',
  itl: 'token gaps',
  total: 'whole answers',
}

function State({ row: { status }, nowMs }: { row: ObjectiveRow; nowMs: number }) {
  if (status === undefined) return <Badge tone="calm">not judged</Badge>
  return (
    <div className="objective-state">
      <Badge tone={toneOf[status.state] ?? 'calm'}>{status.state}</Badge>
      {status.sinceMs !== undefined && (
        <span className="muted">
          since <Moment atMs={status.sinceMs} nowMs={nowMs} />
        </span>
      )}
    </div>
  )
}

/** An overspent budget is an empty bar; the number beside it says by how much. */
function Budget({ part, name }: { part: number | undefined; name: string }) {
  if (part === undefined) return <span className="muted">{absent}</span>
  return (
    <div className="budget">
      <progress
        className={part < 0.25 ? 'low' : undefined}
        value={Math.max(0, part)}
        max={1}
        aria-label={`Budget left of ${name}`}
      />
      <span className="number">{formatPercent(part)}</span>
    </div>
  )
}
