// Reads a caller's JSON into typed values. The first flaw is kept with its path, and reading goes on with a default
// value, so that parsers need no branches and report exactly where a request is wrong.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { numberIn } from '../../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { BadRequest } from '../dialect.ts'

export class BodyReader {
  #problem: BadRequest | undefined

  /** `code`: the dialect's error code, if it has one. */
  wrong(path: string, message: string, code?: string): void {
    this.#problem ??= code === undefined ? { path, message } : { path, message, code }
  }

  result<Value>(value: Value): Result<Value, BadRequest> {
    return this.#problem === undefined ? done(value) : fail(this.#problem)
  }

  text(value: Json, path: string): string {
    if (typeof value === 'string') return value
    this.wrong(path, value === undefined ? 'is missing' : 'must be a string')
    return ''
  }

  object(value: Json, path: string): JsonObject {
    if (isObject(value)) return value
    this.wrong(path, value === undefined ? 'is missing' : 'must be an object')
    return {}
  }

  list(value: Json, path: string): readonly Json[] {
    if (Array.isArray(value)) return value
    this.wrong(path, value === undefined ? 'is missing' : 'must be a list')
    return []
  }

  // An empty text and null mean the same as an absent member: clients fill in the members that they do not use.

  maybeText(value: Json, path: string): string | undefined {
    return absent(value) ? undefined : this.text(value, path)
  }

  maybeNumber(value: Json, path: string): number | undefined {
    if (absent(value)) return undefined
    const number = numberIn(value)
    if (number === undefined) this.wrong(path, 'must be a number')
    return number
  }

  maybeFlag(value: Json, path: string): boolean | undefined {
    if (absent(value)) return undefined
    if (typeof value !== 'boolean') this.wrong(path, 'must be true or false')
    return value === true
  }

  maybeObject(value: Json, path: string): JsonObject | undefined {
    return absent(value) ? undefined : this.object(value, path)
  }

  maybeList(value: Json, path: string): readonly Json[] {
    return absent(value) ? [] : this.list(value, path)
  }
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}

/** Values of providers are read leniently: anything but a string is ''. */
export function textIn(value: Json): string {
  return typeof value === 'string' ? value : ''
}

/** A text that says something: empty, null and absent are one. */
export function saidIn(value: Json): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function objectsIn(list: Json): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : []
}

export function absent(value: Json): value is '' | null | undefined {
  return value === undefined || value === null || value === ''
}

/** The members of `body` that no parser has read; nearly always none. */
export function unread(body: JsonObject, read: ReadonlySet<string>): Record<string, Json> {
  const rest = Object.keys(body).filter((name) => !read.has(name) && !absent(body[name]))
  return Object.fromEntries(rest.map((name) => [name, body[name]]))
}

export function hasOneMember(value: JsonObject): boolean {
  let members = 0
  for (const _ in value) members++
  return members === 1
}
