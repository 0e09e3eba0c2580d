// Walks the members of one object, notes the wanted ones, and finds every name that occurs twice. Names are compared
// decoded ("model" with an escape is still `model`): otherwise a gateway that reads the first of two members and a
// provider that reads the last would see different requests. For the same reason a name that equals a wanted one but for
// its case is found: Go's decoder, for one, takes `Model` for `model`.
import { type JsonCursor, stopped } from './cursor.ts'
import { membersMax } from './limits.ts'

export type ValueKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array'

/** The place of a value: the bytes [start, end), without the spaces around it. */
export interface Span {
  readonly kind: ValueKind
  readonly start: number
  readonly end: number
}

/** The wanted names, found by a hash of their bytes without building a string. */
export class NameTable {
  readonly names: readonly string[]
  /** Names whose values may be long and are not decoded, so that their strings are skipped; in the order of `names`. */
  readonly jumped: readonly boolean[]
  readonly #slots = new Int16Array(256).fill(-1)
  readonly #byFold: ReadonlyMap<string, string>

  constructor(names: readonly string[], jumped: readonly string[] = []) {
    this.names = names
    this.jumped = names.map((name) => jumped.includes(name))
    this.#byFold = new Map(names.map((name) => [foldOf(name), name]))
    for (const [index, name] of names.entries()) {
      let slot = hashOfName(name) & 255
      while (this.#slots[slot] !== -1) slot = (slot + 1) & 255
      this.#slots[slot] = index
    }
  }

  /** The wanted name that this one would be without regard to case; undefined where there is none, or it is that name. */
  lookalike(name: string): string | undefined {
    const wanted = this.#byFold.get(foldOf(name))
    return wanted === name ? undefined : wanted
  }

  /** The index of the name in the bytes [start, end) with the given hash; −1 when it is not wanted. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    let slot = hash & 255
    for (;;) {
      const index = this.#slots[slot] ?? -1
      if (index === -1) return -1
      const name = this.names[index]
      if (name === undefined || sameName(name, bytes, start, end)) return index
      slot = (slot + 1) & 255
    }
  }
}

/** The names seen so far are kept as hashes and ranges; beyond this number, or after an escaped name, as strings. */
const rangesMax = 64
const noBytes = Buffer.alloc(0)
const noTable = new NameTable([])

export class MemberWalk {
  readonly #cursor: JsonCursor
  readonly #hashes = new Int32Array(rangesMax)
  readonly #starts = new Int32Array(rangesMax)
  readonly #ends = new Int32Array(rangesMax)
  #count = 0
  #decoded: Set<string> | undefined
  // What is walked, and the value at which a pause is.
  #bytes: Buffer = noBytes
  #table = noTable
  #found: (Span | undefined)[] = []
  #depth = 0
  #valueStart = 0
  #valueIndex = -1
  /** The name that occurred twice, when `walk` stopped for that. */
  duplicate: string | undefined
  /** The name that differs from a wanted one by its case alone, when `walk` stopped for that. */
  lookalike: { readonly name: string; readonly wanted: string } | undefined
  /** Whether `walk` stopped because the object has more than `membersMax` members. */
  hasTooMany = false

  constructor(cursor: JsonCursor) {
    this.#cursor = cursor
  }

  /** `at` is the opening brace; returns the offset after the closing one. `found` gets the span of each wanted name. */
  walk(bytes: Buffer, at: number, depth: number, table: NameTable, found: (Span | undefined)[]): number {
    this.#bytes = bytes
    this.#table = table
    this.#found = found
    this.#depth = depth
    this.#count = 0
    this.#decoded = undefined
    this.duplicate = undefined
    this.lookalike = undefined
    this.hasTooMany = false
    const i = this.#cursor.skipSpace(at + 1)
    return bytes[i] === 125 ? i + 1 : this.#walkFrom(i, false)
  }

  /** Goes on behind a pause. */
  resume(): number {
    return this.#walkFrom(0, true)
  }

  /** Returns what `walk` returns, or `paused` in the middle of a value. */
  #walkFrom(at: number, isPaused: boolean): number {
    const cursor = this.#cursor
    const bytes = this.#bytes
    const found = this.#found
    let i = isPaused ? cursor.resumeValue(this.#depth) : this.#skipMember(at)
    for (;;) {
      if (i < 0) return i
      const index = this.#valueIndex
      const start = this.#valueStart
      if (index !== -1) found[index] = { kind: kindOf(bytes[start]), start, end: i }
      i = cursor.skipSpace(i)
      if (bytes[i] === 125) return i + 1
      if (bytes[i] !== 44) return cursor.stopAt(i)
      i = this.#skipMember(i + 1)
    }
  }

  /** Skips a name and its value. */
  #skipMember(at: number): number {
    const cursor = this.#cursor
    const bytes = this.#bytes
    const table = this.#table
    let i = cursor.skipSpace(at)
    if (bytes[i] !== 34) return cursor.stopAt(i)
    const nameStart = i + 1
    cursor.strict = true
    i = cursor.skipString(nameStart)
    if (i === stopped) return stopped
    const index = this.#note(bytes, nameStart, i - 1, table)
    if (this.duplicate !== undefined || this.lookalike !== undefined || this.hasTooMany) return stopped
    i = cursor.skipColon(i)
    if (i === stopped) return stopped
    this.#valueStart = cursor.skipSpace(i)
    this.#valueIndex = index
    cursor.strict = index !== -1 && !table.jumped[index]
    return cursor.skipValue(this.#valueStart, this.#depth)
  }

  /** Remembers the name. Returns its index in the table or −1. */
  #note(bytes: Buffer, start: number, end: number, table: NameTable): number {
    let hash = 0
    let plain = this.#count < rangesMax && this.#decoded === undefined
    let isLower = true
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      if (byte === 92) plain = false
      if (mayFold[byte] === 1) isLower = false
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    if (!plain) return this.#noteDecoded(bytes, start, end, table)
    if (!isLower) this.#compareFolded(decodedText(bytes, start, end), table)
    for (let i = 0; i < this.#count; i++) {
      if (this.#hashes[i] === hash && sameBytes(bytes, this.#starts[i]!, this.#ends[i]!, start, end)) {
        this.duplicate = decodedText(bytes, start, end)
        return -1
      }
    }
    this.#hashes[this.#count] = hash
    this.#starts[this.#count] = start
    this.#ends[this.#count++] = end
    return table.find(bytes, start, end, hash)
  }

  #noteDecoded(bytes: Buffer, start: number, end: number, table: NameTable): number {
    if (this.#decoded === undefined) {
      this.#decoded = new Set()
      for (const [i, from] of this.#starts.subarray(0, this.#count).entries()) {
        this.#decoded.add(decodedText(bytes, from, this.#ends[i] ?? from))
      }
    }
    const name = decodedText(bytes, start, end)
    if (this.#decoded.has(name)) this.duplicate = name
    this.#decoded.add(name)
    this.hasTooMany = this.#decoded.size > membersMax
    this.#compareFolded(name, table)
    return table.names.indexOf(name)
  }

  #compareFolded(name: string, table: NameTable): void {
    const wanted = table.lookalike(name)
    if (wanted !== undefined) this.lookalike = { name, wanted }
  }
}

/** 1 for bytes of names that may equal another name without regard to case: upper case, and beyond ASCII. */
const mayFold = new Uint8Array(256).fill(1, 65, 91).fill(1, 128)

/** The name without regard to case (Unicode, simple folding: beyond ASCII only two characters fold to letters of it). */
export function foldOf(name: string): string {
  return name.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toLowerCase()
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are made harmless for JSON.parse.
const controlCharacters = /[\0-\x1f]/g

/** The text of a string whose quotes stand just outside [start, end). Raw control characters are kept. */
export function decodedText(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString('utf8', start, end)
  if (!raw.includes('\\')) return raw
  const strict = raw.replace(controlCharacters, (character) => JSON.stringify(character).slice(1, -1))
  return JSON.parse(`"${strict}"`) as string
}

function kindOf(first: number | undefined): ValueKind {
  switch (first) {
    case 34:
      return 'string'
    case 123:
      return 'object'
    case 91:
      return 'array'
    case 116:
      return 'true'
    case 102:
      return 'false'
    case 110:
      return 'null'
    default:
      return 'number'
  }
}

function hashOfName(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) | 0
  return hash
}

function sameName(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false
  return true
}

function sameBytes(bytes: Uint8Array, aStart: number, aEnd: number, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let i = 0; i < aEnd - aStart; i++) if (bytes[aStart + i] !== bytes[bStart + i]) return false
  return true
}
