// Calendar windows in a time zone. The rules of a zone come with the runtime.

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

/** Milliseconds that the clocks of a zone are ahead of UTC at a time. */
export function offsetMs(timeZone: string, atMs: number): number {
  if (timeZone === 'UTC') return 0
  const parts = formatOf(timeZone).formatToParts(atMs)
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value)
  const local = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour') % 24,
    value('minute'),
    value('second'),
  )
  return local - Math.floor(atMs / 1_000) * 1_000
}

/** The time at which the clocks of a zone show what UTC shows at `localMs`: the first time where they show it twice, and the end of
 *  the gap where they never do. */
export function fromLocalMs(timeZone: string, localMs: number): number {
  const early = localMs - offsetMs(timeZone, localMs - 86_400_000)
  const late = localMs - offsetMs(timeZone, localMs + 86_400_000)
  const first = Math.min(early, late)
  if (first + offsetMs(timeZone, first) === localMs) return first
  return Math.max(early, late)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  formats.set(timeZone, made)
  return made
}
