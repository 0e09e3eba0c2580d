// Checks a JSON text before `JSON.parse` builds it: a syntax error is told with its line and column, an object that has a
// key twice is refused (readers disagree on which one counts, so a check of one and a use of the other is a hole), and
// depth is bounded before a recursive consumer meets it. It builds nothing itself.
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'

export interface JsonRefusal {
  message: string
  line: number
  column: number
}

export function parseJsonText(text: string): Result<unknown, JsonRefusal> {
  const refusal = new JsonScan(text).run()
  return refusal === undefined ? done(JSON.parse(text)) : fail(refusal)
}

/** Sticky, so that each starts where the scan is. */
const space = /[ \t\n\r]*/y
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings hold no raw control characters
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const word = /true|false|null/y

interface Frame {
  close: '}' | ']'
  /** The names met in an object; undefined in an array. */
  keys: Set<string> | undefined
}

/** Carries a refusal out of the middle of the scan; never leaves this file. */
class Refused {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

class JsonScan {
  readonly #text: string
  readonly #frames: Frame[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  run(): JsonRefusal | undefined {
    try {
      this.#value()
      while (this.#frames.length > 0) this.#nextMember()
      this.#take(space)
      if (this.#at < this.#text.length) throw new Refused('expected the end of the text')
      return undefined
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { message: error.message, ...this.#position() }
    }
  }

  /** A whole scalar, or the opening of a list or object, which becomes a frame. */
  #value(): void {
    this.#take(space)
    const first = this.#text[this.#at]
    if (first === '{' || first === '[') {
      this.#at++
      if (this.#frames.length >= bounds.jsonDepthMax) throw new Refused(`nested deeper than ${bounds.jsonDepthMax}`)
      this.#frames.push(first === '{' ? { close: '}', keys: new Set() } : { close: ']', keys: undefined })
      this.#firstMember()
      return
    }
    if (this.#take(string) ?? this.#take(number) ?? this.#take(word)) return
    throw new Refused(first === undefined ? 'the text ends too early' : 'expected a value')
  }

  #firstMember(): void {
    this.#take(space)
    const frame = this.#frames.at(-1)!
    if (this.#text[this.#at] === frame.close) this.#leave()
    else this.#member(frame)
  }

  #nextMember(): void {
    this.#take(space)
    const frame = this.#frames.at(-1)!
    const next = this.#text[this.#at]
    if (next === frame.close) {
      this.#leave()
      return
    }
    if (next !== ',') {
      throw new Refused(next === undefined ? 'the text ends too early' : `expected ',' or '${frame.close}'`)
    }
    this.#at++
    this.#member(frame)
  }

  #member(frame: Frame): void {
    if (frame.keys !== undefined) this.#key(frame.keys)
    this.#value()
  }

  #key(keys: Set<string>): void {
    this.#take(space)
    const start = this.#at
    const raw = this.#take(string)
    if (raw === undefined) throw new Refused('expected a name in double quotes')
    const key: string = JSON.parse(raw)
    if (keys.has(key)) {
      this.#at = start
      throw new Refused(`the name "${key.slice(0, 64)}" stands here for the second time`)
    }
    keys.add(key)
    this.#take(space)
    if (this.#text[this.#at] !== ':') throw new Refused("expected ':'")
    this.#at++
  }

  #leave(): void {
    this.#at++
    this.#frames.pop()
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined || found === '') return undefined
    this.#at += found.length
    return found
  }

  #position(): { line: number; column: number } {
    const before = this.#text.slice(0, this.#at)
    return { line: before.split('\n').length, column: this.#at - before.lastIndexOf('\n') }
  }
}
