// The console outlives the server it was built with by one reload at most, but a page must never go blank over a field it
// did not get. So answers are read field by field, each with a fallback, and what is read has a true type.

export type Json = Readonly<Record<string, unknown>>

/** An empty record for anything that is not an object, so that reading goes on with fallbacks. */
export function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: unknown, fallback = ''): string {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : fallback
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
