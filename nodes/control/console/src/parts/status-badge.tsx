import type { RequestRow } from '../api/requests.ts'
import { Badge, type Tone } from './badge.tsx'

const toneOf: Readonly<Record<string, Tone>> = {
  ok: 'good',
  refused: 'warn',
  failed: 'bad',
  cut: 'bad',
  'client-aborted': 'calm',
}

export function StatusBadge({ row }: { row: Pick<RequestRow, 'status' | 'httpStatus'> }) {
  const { status, httpStatus } = row
  const text = httpStatus === undefined || httpStatus === 0 ? status : `${status} ${httpStatus}`
  return <Badge tone={toneOf[status] ?? 'calm'}>{text}</Badge>
}
