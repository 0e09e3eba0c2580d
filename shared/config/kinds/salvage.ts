// Reads what can still be read of a spec that failed its schema. What is no text becomes '', which the checks of meaning
// pass over, because the schema has spoken about it.

// A list far above its bound is refused for that; reading on would only cost time.
const itemsMax = 1_000

export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.slice(0, itemsMax).map((item) => (isRecord(item) ? item : {})) : []
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(0, itemsMax).map(text) : []
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
