// Whether a JSON body may be more than text: pictures, files, tools, or what a provider keeps of earlier requests. Only its words are
// looked at, the names of members and values such as `image_url`: what a caller writes in sentences is skipped at the speed of memory.

/** Of which one stands in a word of every body that is more than text. */
const marks =
  /image|audio|file|video|media|document|inline|tool|function|search|plugins|mcp_servers|container|conversation|previous_response_id/i
/** An escaped letter of ASCII could hide any of them. */
const escapedLetter = /\\u00[4-7]/

/** Words without a mark that came before, by a hash of their bytes: bodies have the same few again and again. */
const known: (string | undefined)[] = Array.from({ length: 1_024 }, () => undefined)
const knownLengthMax = 64

const quote = 34
const backslash = 92
/** Bytes to look at one by one before a call of `indexOf` pays off. */
const nearBytes = 12
const shortestMark = 4

/** 1 for letters, digits and what joins the parts of a name. */
const ofWords = new Uint8Array(256).fill(1, 0x30, 0x3a).fill(1, 0x41, 0x5b).fill(1, 0x61, 0x7b)
for (const joint of '_-.:/') ofWords[joint.charCodeAt(0)] = 1

/** Whether a body, in the bytes from `open` to `close`, has a word with a mark. A word follows a quote: also one within a text. */
export function hasMarkedWord(bytes: Buffer, open: number, close: number): boolean {
  const escapeAt = bytes.indexOf(backslash, open)
  if (escapeAt !== -1 && escapeAt < close && escapedLetter.test(bytes.latin1Slice(escapeAt, close))) return true
  for (let at = quoteFrom(bytes, open, close); at < close; ) {
    const start = at + 1
    let hash = 0
    let end = start
    for (let byte = bytes[end]; byte !== undefined && ofWords[byte] === 1; byte = bytes[++end])
      hash = (Math.imul(hash, 31) + byte) | 0
    if (end - start >= shortestMark && isMarked(bytes, start, end, hash)) return true
    // The quote behind a word ends it, and begins no other.
    at = quoteFrom(bytes, end > start && bytes[end] === quote ? end + 1 : end, close)
  }
  return false
}

function isMarked(bytes: Buffer, start: number, end: number, hash: number): boolean {
  const slot = (hash ^ (hash >>> 10)) & (known.length - 1)
  const before = known[slot]
  if (before !== undefined && isSame(before, bytes, start, end)) return false
  const word = bytes.latin1Slice(start, end)
  if (marks.test(word)) return true
  if (word.length <= knownLengthMax) known[slot] = word
  return false
}

function isSame(word: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (word.length !== end - start) return false
  for (let i = 0; i < word.length; i++) if (word.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

/** The first quote at or behind `at`; `close` where there is none. */
function quoteFrom(bytes: Buffer, at: number, close: number): number {
  const near = Math.min(at + nearBytes, close)
  for (let i = at; i < near; i++) if (bytes[i] === quote) return i
  if (near === close) return close
  const found = bytes.indexOf(quote, near)
  return found === -1 || found > close ? close : found
}
