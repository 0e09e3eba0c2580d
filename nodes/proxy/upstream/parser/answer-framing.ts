// Determines how long the body of an answer is and whether its connection may be reused (RFC 9112, 6.3 and 9.3). Wherever two
// readers could disagree about the end of a body, the answer is rejected: on a reused connection the disagreement would give
// one caller's bytes to another.
import { done, fail, type Result } from '../../../../shared/result.ts'
import { fieldValue } from './answer-head.ts'

export interface Framing {
  readonly body: 'none' | 'sized' | 'chunked' | 'until-close'
  /** Bytes of a `sized` body. */
  readonly length: number
  readonly keepAlive: boolean
  /** The peer's `keep-alive: timeout=N`, in milliseconds. */
  readonly keepAliveMs: number | undefined
}

/** Whether a header with a name of this length can be one that is read here. The parser notes only the lines of these. */
export function mayFrame(nameLength: number): boolean {
  return nameLength === 10 || nameLength === 14 || nameLength === 17
}

interface Fields {
  length: number | undefined
  chunked: boolean
  close: boolean
  keepAliveMs: number | undefined
}

/** `lineStarts`: places in `head` of the lines whose names pass `mayFrame`. */
export function readFraming(status: number, head: string, lineStarts: readonly number[]): Result<Framing, string> {
  const fields: Fields = { length: undefined, chunked: false, close: false, keepAliveMs: undefined }
  for (const start of lineStarts) {
    const problem = readField(head, start, fields)
    if (problem !== undefined) return fail(problem)
  }
  const oldVersion = head.charCodeAt(7) === 48 // 'HTTP/1.0'
  if (fields.chunked && fields.length !== undefined) return fail('both content-length and transfer-encoding')
  if (fields.chunked && oldVersion) return fail('transfer-encoding in HTTP/1.0')
  const keepAlive = !fields.close && !oldVersion
  const keepAliveMs = fields.keepAliveMs
  if (status === 204 || status === 304) {
    // A 204 that announces a body may be followed by one, so its connection is not reused.
    const silent = status === 304 || (!fields.chunked && (fields.length ?? 0) === 0)
    return done({ body: 'none', length: 0, keepAlive: keepAlive && silent, keepAliveMs })
  }
  if (fields.chunked) return done({ body: 'chunked', length: 0, keepAlive, keepAliveMs })
  if (fields.length === 0) return done({ body: 'none', length: 0, keepAlive, keepAliveMs })
  if (fields.length !== undefined) return done({ body: 'sized', length: fields.length, keepAlive, keepAliveMs })
  return done({ body: 'until-close', length: 0, keepAlive: false, keepAliveMs })
}

function readField(head: string, start: number, fields: Fields): string | undefined {
  const nameEnd = head.indexOf(':', start)
  const name = head.slice(start, nameEnd).toLowerCase()
  switch (name) {
    case 'content-length': {
      const length = parseLength(fieldValue(head, nameEnd + 1))
      if (length === undefined) return 'content-length is not a number'
      if (fields.length !== undefined && fields.length !== length) return 'two different content-lengths'
      fields.length = length
      return undefined
    }
    case 'transfer-encoding':
      if (fields.chunked) return 'two transfer-encodings'
      if (fieldValue(head, nameEnd + 1).toLowerCase() !== 'chunked') return 'a transfer-encoding other than chunked'
      fields.chunked = true
      return undefined
    case 'connection':
      if (/(?:^|[\t ,])close(?:$|[\t ,])/i.test(fieldValue(head, nameEnd + 1))) fields.close = true
      return undefined
    case 'keep-alive': {
      const hint = /(?:^|[\t ,])timeout=(\d{1,6})(?:$|[\t ,])/i.exec(fieldValue(head, nameEnd + 1))?.[1]
      if (hint !== undefined) fields.keepAliveMs = Number(hint) * 1_000
      return undefined
    }
    default:
      return undefined
  }
}

/** Accepts digits only: `+5`, `0x5`, `5, 5` and a blank are rejected. Fifteen digits stay exact. */
function parseLength(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
