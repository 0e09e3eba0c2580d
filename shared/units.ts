// Durations and sizes as people write them.

const unitMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const unitBytes: Record<string, number> = { B: 1, KiB: 1 << 10, MiB: 1 << 20, GiB: 2 ** 30, KB: 1e3, MB: 1e6, GB: 1e9 }

/** '250ms', '30s', '10m', '24h', '30d' → milliseconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text)
  const unit = match?.[2] === undefined ? undefined : unitMs[match[2]]
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit
}

/** '64MiB', '512KiB', '1000' → bytes; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+)(B|KiB|MiB|GiB|KB|MB|GB)?$/.exec(text)
  const unit = match === null ? undefined : unitBytes[match[2] ?? 'B']
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit
}

/** A duration as OpenAI writes it in headers: '12ms', '1s', '6m0s', '1h0m0s'. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.ceil(ms)}ms`
  const seconds = Math.ceil(ms / 1_000)
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (minutes === 0) return `${seconds}s`
  if (hours === 0) return `${minutes}m${seconds % 60}s`
  return `${hours}h${minutes % 60}m${seconds % 60}s`
}

/** Reads '35d' and more as a number of days; undefined for anything else. */
export function daysFrom(daysMin: number): (text: string) => number | undefined {
  return (text) => {
    const days = /^\d{1,5}d$/.test(text) ? Number.parseInt(text, 10) : 0
    return days < daysMin ? undefined : days
  }
}
