// The translation of a large request for embeddings, as a job.
import { createHash } from 'node:crypto'
import { done, type Result } from '../../../../shared/result.ts'
import { type PrintedFacts, printedFacts } from '../../dialects/dialect.ts'
import type { EmbeddingFacts } from '../../dialects/embedding-dialect.ts'
import type { Ineligible } from '../../errors/gateway-error.ts'
import type { Job } from '../../large/job.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import { upstreamDialects } from '../../providers/upstream-dialects.ts'
import { parseBody } from '../../request/parse-conversation.ts'
import { embedRequest } from '../embed-request.ts'
import type { TranslateHead } from './translate-job.ts'

export type EmbedHead = Omit<TranslateHead, 'betas'>

export interface ToldEmbedding {
  readonly path: string
  readonly headerLines: string
  readonly printed: PrintedFacts
  readonly dropped: readonly string[]
  readonly asked: EmbeddingFacts
  readonly bodyHash: string | undefined
}

export const embedJob: Job<EmbedHead, Result<ToldEmbedding, Ineligible>> = {
  name: 'embed',
  run({ operation: route, target, strict, isSigned }, [bytes = Buffer.alloc(0)]) {
    const { embeddings: inbound } = operationNamed(route)
    const known = { ...target, dialect: upstreamDialects[target.dialect] }
    const embedded = embedRequest({ route, inbound, body: parseBody(bytes) }, known, strict)
    if (!embedded.ok) return { told: embedded, bodies: [] }
    const { printed, dropped, asked } = embedded.value
    const { path, headerLines } = printed
    const body = Buffer.from(printed.body)
    const bodyHash = isSigned ? createHash('sha256').update(body).digest('hex') : undefined
    const told = { path, headerLines, printed: printedFacts(printed), dropped, asked, bodyHash }
    return { told: done(told), bodies: [body] }
  },
}
