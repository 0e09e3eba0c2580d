// Whether a body with a good status is an answer, where its bytes pass through. This costs a search for a few members: in a JSON string
// the quotes around a name would be escaped, so a match is a member or a whole string. A body is parsed only where it may hold an error.
import type { ChatError } from '../../../shared/chat/error.ts'
import { parseExact, tryParseExact } from '../../../shared/json/exact.ts'
import { failureWords } from '../dialects/common/answers/finish-words.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import { parseErrorOf } from '../dialects/error-shapes.ts'
import { errorWithin } from '../dialects/openai/error.ts'
import type { Operation } from '../operations/operation.ts'

export function isAnswer(operation: Operation, bytes: Buffer): boolean {
  if (mayHoldError(operation, bytes) && holdsError(bytes)) return false
  const members = membersOf(operation)
  return members.length === 0 ? isBegun(bytes) : members.some((member) => hasMember(bytes, member))
}

/** The error in a body that is no answer; undefined where the body is no JSON object. */
export function errorOf({ errors }: Operation, bytes: Buffer): ChatError | undefined {
  if (!isObject(tryParseExact(bytes.toString('utf8')))) return undefined
  return parseErrorOf(errors, 500, bytes)
}

// ── what an answer has ───────────────────────────────────────────────────────────────────────────────────────────────

interface AnswerMember {
  readonly key: Buffer
  /** Whether an empty list is no answer either. */
  readonly isFilled: boolean
}

const choices = [member('choices', true)]
const vectors = [member('data', true)]
const output = [member('output', false)]
const content = [member('content', false)]
const candidates = [member('candidates', true), member('promptFeedback', false)]
const geminiVectors = [member('embedding', false), member('embeddings', true)]
const counts = [member('input_tokens', false), member('totalTokens', false)]

function member(name: string, isFilled: boolean): AnswerMember {
  return { key: Buffer.from(`"${name}"`), isFilled }
}

/** The members of which one is in every answer; where there are none, any answer is taken that is not empty. */
function membersOf({ dialect, counts: tells, embeddings }: Operation): readonly AnswerMember[] {
  if (tells !== undefined) return counts
  switch (dialect) {
    case 'openai-chat':
    case 'openai-completions':
      return choices
    case 'openai-embeddings':
      return vectors
    case 'openai-responses':
      return output
    case 'anthropic':
      return content
    case 'gemini':
      return embeddings === undefined ? candidates : geminiVectors
    default:
      return []
  }
}

function hasMember(bytes: Buffer, { key, isFilled }: AnswerMember): boolean {
  for (let at = bytes.indexOf(key); at >= 0; at = bytes.indexOf(key, at + key.length)) {
    const value = valueAt(bytes, at + key.length)
    if (value !== undefined && isSet(bytes, value, isFilled)) return true
  }
  return false
}

/** The place of the value of the name that ends at `at`; undefined where it is no name of a member. */
function valueAt(bytes: Buffer, at: number): number | undefined {
  const mark = skipSpace(bytes, at)
  return bytes[mark] === colon ? skipSpace(bytes, mark + 1) : undefined
}

function isSet(bytes: Buffer, at: number, isFilled: boolean): boolean {
  const first = bytes[at]
  if (first === undefined || first === letterN) return false
  if (first === quote) return bytes[at + 1] !== quote
  return !(isFilled && first === openBracket && bytes[skipSpace(bytes, at + 1)] === closeBracket)
}

// ── what an error has ────────────────────────────────────────────────────────────────────────────────────────────────

const errorKey = Buffer.from('"error"')
const finishKey = Buffer.from('"finish_reason"')
const statusKey = Buffer.from('"status"')
const failures: ReadonlySet<string> = new Set(['failed', ...failureWords])
const failureCharactersMax = Math.max(...[...failures].map(({ length }) => length))

function mayHoldError({ dialect }: Operation, bytes: Buffer): boolean {
  for (let at = bytes.indexOf(errorKey); at >= 0; at = bytes.indexOf(errorKey, at + errorKey.length)) {
    const value = valueAt(bytes, at + errorKey.length)
    if (value === undefined || isSet(bytes, value, false)) return true
  }
  const key =
    dialect === 'openai-responses' ? statusKey : dialect === 'anthropic' || dialect === 'gemini' ? undefined : finishKey
  return key !== undefined && saysFailure(bytes, key)
}

/** Whether a member of this name has a word for a failure. */
function saysFailure(bytes: Buffer, key: Buffer): boolean {
  for (let at = bytes.indexOf(key); at >= 0; at = bytes.indexOf(key, at + key.length)) {
    const value = valueAt(bytes, at + key.length)
    if (value !== undefined && bytes[value] === quote && isFailure(bytes, value + 1)) return true
  }
  return false
}

function isFailure(bytes: Buffer, start: number): boolean {
  // Nearly every answer ends with `stop` or `completed`.
  if (bytes[start] === letterS || bytes[start] === letterC) return false
  const end = bytes.indexOf(quote, start)
  return end - start <= failureCharactersMax && failures.has(bytes.latin1Slice(start, end))
}

function holdsError(bytes: Buffer): boolean {
  try {
    const value = parseExact(bytes.toString('utf8'))
    return isObject(value) && (value['type'] === 'error' || errorWithin(value) !== undefined)
  } catch {
    return false
  }
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const space = 32
const quote = 34
const colon = 58
const openBracket = 91
const closeBracket = 93
const letterC = 99
const letterN = 110
const letterS = 115

function isBegun(bytes: Buffer): boolean {
  return skipSpace(bytes, 0) < bytes.length
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && (bytes[at] ?? 0) <= space) at++
  return at
}
