import { absent, dayStartMs, formatClock, formatDay } from './format.ts'

/** A time of today as a clock; an older one with its day. The full time is its title. */
export function Moment({ atMs, nowMs }: { atMs: number | undefined; nowMs: number }) {
  // `toISOString` throws for times beyond ±8.64e15 ms.
  if (atMs === undefined || Math.abs(atMs) > 8.64e15) return <span className="muted">{absent}</span>
  const iso = new Date(atMs).toISOString()
  const today = atMs >= dayStartMs(nowMs)
  return (
    <time dateTime={iso} title={iso}>
      {today ? formatClock(atMs) : `${formatDay(atMs)}, ${formatClock(atMs)}`}
    </time>
  )
}
