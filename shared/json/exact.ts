// JSON.parse for values that are printed again: integers beyond a double's precision and numbers beyond its range keep
// their digits. They are opaque objects (`JSON.rawJSON`), so numbers must be read with `numberIn`.

const byteOrderMark = 0xfeff

/** Throws a SyntaxError, like JSON.parse. A byte order mark before the text is skipped (RFC 8259, section 8.1). */
export function parseExact(marked: string): unknown {
  const text = marked.charCodeAt(0) === byteOrderMark ? marked.slice(1) : marked
  return riskyNumber.test(text) ? JSON.parse(text, keepSource) : JSON.parse(text)
}

/** The parsed value; undefined for invalid JSON. */
export function tryParseExact(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return undefined
  }
}

/** The value of a number in either form; undefined for anything else. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return JSON.isRawJSON(value) ? Number(value.rawJSON) : undefined
}

/** Matches a number that is long or has an exponent. It may also match inside a string, which only costs time. */
const riskyNumber = /(?:^|[[:,])\s*-?(?:\d{16}|\d+(?:\.\d+)?[eE])/

function keepSource(_key: string, value: unknown, { source }: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  const exact = Number.isFinite(value) && (Number.isSafeInteger(value) || !/^-?\d+$/.test(source))
  return exact ? value : JSON.rawJSON(source)
}
