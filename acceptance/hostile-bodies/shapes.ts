// Texts whose size or structure costs a reader far more than an ordinary text of their length. Each takes about the number of
// bytes that it is given.

/** Repeats a text, with commas between. */
export function listOf(unit: string, bytes: number): string {
  return Array(Math.max(1, Math.floor(bytes / (unit.length + 1))))
    .fill(unit)
    .join(',')
}

/** `count` units with commas between: one text again and again, or what `unit` makes for each index. */
export function times(unit: string | ((index: number) => string), count: number): string {
  return Array.from({ length: count }, (_, index) => (typeof unit === 'string' ? unit : unit(index))).join(',')
}

/** Members with names that differ. */
export function members(bytes: number): string {
  const unit = '"k0000000":1,'.length
  return times((index) => `"k${index.toString(16).padStart(7, '0')}":1`, Math.ceil(bytes / unit))
}

export function nested(depth: number, open = '[', close = ']'): string {
  return open.repeat(depth) + close.repeat(depth)
}

export const longText = (bytes: number) => 'word '.repeat(bytes / 5)
export const base64 = (bytes: number) => 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo0'.repeat(bytes / 36)
export const wideText = (bytes: number) => `${'word '.repeat(bytes / 5)}\u20ac`
export const manyLetters = (bytes: number) => '\u6771\u4eac'.repeat(bytes / 6)
export const newlines = (bytes: number) => '\\n'.repeat(bytes / 2)
export const surrogates = (bytes: number) => '\\ud83d\\ude00'.repeat(bytes / 12)

/** One turn of each side. */
export const turns = '{"role":"user","content":"x"},{"role":"assistant","content":"y"}'
/** One turn of each side, of the length of a paragraph. */
export const paragraphs = `{"role":"user","content":"${'word '.repeat(100)}"},{"role":"assistant","content":"${'word '.repeat(100)}"}`
