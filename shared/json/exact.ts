// JSON.parse for values that are printed again: integers that a double cannot hold and numbers beyond its range come out
// as they went in. They are opaque objects in between (`JSON.rawJSON`), so whoever reads a number asks `numberIn`.

/** Throws a SyntaxError like JSON.parse. */
export function parseExact(text: string): unknown {
  return riskyNumber.test(text) ? JSON.parse(text, keepSource) : JSON.parse(text)
}

/** Undefined for what is no JSON. */
export function tryParseExact(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}

/** A number, however it was kept; undefined for anything else. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return JSON.isRawJSON(value) ? Number(value.rawJSON) : undefined
}

/** Where a number may stand, one that is long or has an exponent. Strings may match as well, which costs time alone. */
const riskyNumber = /(?:^|[[:,])\s*-?(?:\d{16}|\d+(?:\.\d+)?[eE])/

function keepSource(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  const exact = Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(source))
  return exact ? value : JSON.rawJSON(source)
}
