import type { NodeRow, QueueRow } from '../../api/fleet.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { absent, formatCount, formatMillis } from '../../parts/format.ts'

const lagMsWarn = 1_000

const columns: readonly Column<NodeRow>[] = [
  {
    name: 'Node',
    cell: (node) => (
      <>
        <span className="mono">{node.name}</span> {node.draining && <Badge tone="warn">draining</Badge>}
      </>
    ),
  },
  { name: 'Role', cell: (node) => node.role || absent },
  { name: 'Region', cell: (node) => node.region || absent },
  {
    name: 'Revision',
    align: 'end',
    cell: (node) => (
      <>
        {formatCount(node.revision)} <span className="mono muted" title={node.hash}>{`${node.hash.slice(0, 8)}`}</span>
      </>
    ),
  },
  { name: 'Lag', align: 'end', cell: (node) => <Lag lagMs={node.lagMs} /> },
  { name: 'Version', cell: (node) => node.version || absent },
  { name: 'Rejected', wideOnly: true, cell: (node) => <Refusals refusals={node.refusals} /> },
  { name: 'Queues', cell: (node) => <Queues queues={node.queues} /> },
]

export function NodesTable({ nodes }: { nodes: readonly NodeRow[] }) {
  return <DataTable caption="Nodes" columns={columns} rows={nodes} rowKey={(node) => `${node.name} ${node.role}`} />
}

function Lag({ lagMs }: { lagMs: number | undefined }) {
  const text = formatMillis(lagMs)
  return lagMs !== undefined && lagMs > lagMsWarn ? <Badge tone="warn">{text}</Badge> : text
}

function Refusals({ refusals }: Pick<NodeRow, 'refusals'>) {
  if (refusals.length === 0) return <span className="muted">{absent}</span>
  return (
    <ul className="queues">
      {refusals.map(([code, count]) => (
        <li key={code}>
          {code} <span className="number">{formatCount(count)}</span>
        </li>
      ))}
    </ul>
  )
}

function Queues({ queues }: { queues: readonly QueueRow[] }) {
  if (queues.length === 0) return <span className="muted">{absent}</span>
  return (
    <ul className="queues">
      {queues.map((queue) => (
        <li key={queue.name}>
          {queue.name} <span className="number">{formatCount(queue.length)}</span>
          {queue.dropped > 0 && <Badge tone="bad">{`${formatCount(queue.dropped)} dropped`}</Badge>}
        </li>
      ))}
    </ul>
  )
}
