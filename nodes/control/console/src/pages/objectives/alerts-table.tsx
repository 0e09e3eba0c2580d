import type { AlertRow } from '../../api/objectives.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { absent, formatBurn, formatWindow } from '../../parts/format.ts'
import { Moment } from '../../parts/moment.tsx'

const deliveries: Readonly<Record<string, { tone: Tone; text: string }>> = {
  delivered: { tone: 'good', text: 'told' },
  waiting: { tone: 'warn', text: 'waiting' },
  'given-up': { tone: 'bad', text: 'given up' },
}

export function AlertsTable({ alerts, nowMs }: { alerts: readonly AlertRow[]; nowMs: number }) {
  return <DataTable caption="Alerts" columns={columnsAt(nowMs)} rows={alerts} rowKey={(row) => row.id} />
}

function columnsAt(nowMs: number): readonly Column<AlertRow>[] {
  return [
    { name: 'When', cell: (row) => <Moment atMs={row.atMs} nowMs={nowMs} /> },
    { name: 'Objective', cell: (row) => <span className="mono">{row.slo || absent}</span> },
    { name: 'What', cell: (row) => <Happened row={row} /> },
    {
      name: 'Rule',
      wideOnly: true,
      cell: (row) => `${formatBurn(row.burn)} over ${formatWindow(row.windowSeconds)}`,
    },
    { name: 'Webhook', cell: (row) => <Delivery delivery={row.delivery} /> },
  ]
}

function Happened({ row: { type, severity } }: { row: AlertRow }) {
  const tone = type === 'resolved' ? 'good' : severity === 'page' ? 'bad' : 'warn'
  return <Badge tone={tone}>{`${severity} ${type}`}</Badge>
}

function Delivery({ delivery }: { delivery: string }) {
  const known = deliveries[delivery]
  return known === undefined ? <span className="muted">{absent}</span> : <Badge tone={known.tone}>{known.text}</Badge>
}
