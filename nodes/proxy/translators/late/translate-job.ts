// The translation of a large request, as a job: the body goes to another process, and what is kept until the answer comes back with the
// printed body.
import { createHash } from 'node:crypto'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { StoredHistory } from '../../conversations/history.ts'
import { ReferredTurns } from '../../conversations/item-references.ts'
import type { PrintedFacts } from '../../dialects/dialect.ts'
import { printedFacts } from '../../dialects/dialect.ts'
import type { Ineligible } from '../../errors/gateway-error.ts'
import type { Job } from '../../large/job.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import { type UpstreamName, upstreamDialects, upstreamName } from '../../providers/upstream-dialects.ts'
import { parseBody, parseConversation } from '../../request/parse-conversation.ts'
import { type TranslationTarget, translateRequest } from '../translate-request.ts'
import { type SentFacts, sentFacts } from './sent-facts.ts'

export interface TranslateHead {
  /** The name of the operation. */
  readonly operation: string
  readonly betas: string | undefined
  readonly target: SentTarget
  readonly strict: boolean
  /** Whether the printed body is signed. */
  readonly isSigned: boolean
  /** What stands behind the body: turns before it, and responses that it refers to; undefined for none. */
  readonly historyTurns?: number | undefined
  readonly referredTurns?: number | undefined
}

/** A target as plain data. */
export type SentTarget = Omit<TranslationTarget, 'dialect'> & { readonly dialect: UpstreamName }

export interface ToldTranslation {
  readonly upstream: UpstreamName
  readonly path: string
  readonly headerLines: string
  readonly printed: PrintedFacts
  readonly dropped: readonly string[]
  readonly asked: SentFacts
  readonly estimatedInput: number
  /** SHA-256 of the body in hexadecimal; undefined where it is not signed. */
  readonly bodyHash: string | undefined
}

export const translateJob: Job<TranslateHead, Result<ToldTranslation, Ineligible>> = {
  name: 'translate',
  run(head, [body = Buffer.alloc(0), ...turns]) {
    const translated = translate(head, body, turns)
    if (!translated.ok) return { told: translated, bodies: [] }
    const { told, body: printed } = translated.value
    return { told: done(told), bodies: [printed] }
  },
}

interface Translated {
  readonly told: ToldTranslation
  readonly body: Buffer
}

function translate(head: TranslateHead, bytes: Buffer, turns: readonly Buffer[]): Result<Translated, Ineligible> {
  const { operation: name, betas, target, strict, isSigned, historyTurns = 0 } = head
  const { inbound } = operationNamed(name)
  if (inbound === undefined) return fail({ type: 'unspoken', route: name })
  const history = head.historyTurns === undefined ? undefined : new StoredHistory(turns.slice(0, historyTurns))
  const referred = head.referredTurns === undefined ? undefined : new ReferredTurns(turns.slice(historyTurns))
  const parsed = parseConversation({ inbound, body: parseBody(bytes), history, referred, betas })
  if (!parsed.ok) return parsed
  const known = { ...target, dialect: upstreamDialects[target.dialect] }
  const translated = translateRequest({ parsed: parsed.value, inbound }, known, strict)
  if (!translated.ok) return translated
  const { upstream, printed, dropped, asked, estimatedInput } = translated.value
  const sent = sentFacts(asked)
  if (!sent.ok) return sent
  const body = Buffer.from(printed.body)
  const told: ToldTranslation = {
    upstream: upstreamName(upstream),
    path: printed.path,
    headerLines: printed.headerLines,
    printed: printedFacts(printed),
    dropped,
    asked: sent.value,
    estimatedInput,
    bodyHash: isSigned ? createHash('sha256').update(body).digest('hex') : undefined,
  }
  return done({ told, body })
}

export function sentTarget({ kind, dialect, speaks, model, facts, quirks }: TranslationTarget): SentTarget {
  return { kind, dialect: upstreamName(dialect), speaks, model, facts, quirks }
}
