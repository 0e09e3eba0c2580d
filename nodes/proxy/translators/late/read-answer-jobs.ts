// The reading of large whole answers, as jobs: the answer goes to another process and comes back printed for the caller.
import type { Usage } from '../../../../shared/chat/usage.ts'
import type { PrintedFacts, PrintFacts } from '../../dialects/dialect.ts'
import type { EmbeddingFacts } from '../../dialects/embedding-dialect.ts'
import type { Job, JobAnswer } from '../../large/job.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import { type UpstreamName, upstreamDialects } from '../../providers/upstream-dialects.ts'
import { type ReadAnswer, readChatAnswer, readEmbeddings } from '../read-answer.ts'
import { receivedFacts, type SentFacts } from './sent-facts.ts'

export interface ReadChatHead {
  /** The name of the operation. */
  readonly operation: string
  readonly upstream: UpstreamName
  readonly printed: PrintedFacts
  readonly facts: Omit<PrintFacts, 'asked' | 'stored'>
  readonly asked: SentFacts
  /** The id under which the answer is stored; undefined where it is not. */
  readonly storedId: string | undefined
}

/** Undefined where the bytes are no answer. */
export type ToldAnswer = { readonly usage: Usage | undefined; readonly textBytes: number } | undefined

/** The bodies of its outcome are the printed answer and, where it is stored, what the model wrote as JSON. */
export const readChatJob: Job<ReadChatHead, ToldAnswer> = {
  name: 'read an answer',
  run({ operation, upstream, printed, facts, asked, storedId }, [bytes = Buffer.alloc(0)]) {
    const { inbound } = operationNamed(operation)
    if (inbound === undefined) return noAnswer
    const stored = storedId === undefined ? undefined : { id: storedId, take: () => {}, takePrinted: () => {} }
    const read = readChatAnswer(bytes, {
      inbound,
      upstream: upstreamDialects[upstream],
      printed,
      facts: { ...facts, asked: receivedFacts(asked), stored },
      filters: [],
    })
    return toldOf(read, storedId !== undefined)
  },
}

export interface ReadEmbeddingsHead {
  readonly operation: string
  readonly upstream: UpstreamName
  readonly printed: PrintedFacts
  readonly asked: EmbeddingFacts
}

export const readEmbeddingsJob: Job<ReadEmbeddingsHead, ToldAnswer> = {
  name: 'read vectors',
  run({ operation, upstream: name, printed, asked }, [bytes = Buffer.alloc(0)]) {
    const { embeddings: inbound } = operationNamed(operation)
    const { embeddings: upstream } = upstreamDialects[name]
    if (inbound === undefined || upstream === undefined) return noAnswer
    return toldOf(readEmbeddings(bytes, { inbound, upstream, printed, asked }), false)
  },
}

const noAnswer: JobAnswer<ToldAnswer> = { told: undefined, bodies: [] }

function toldOf(read: ReadAnswer | undefined, isStored: boolean): JobAnswer<ToldAnswer> {
  if (read === undefined) return noAnswer
  const { body, usage, textBytes, parts } = read
  const bodies = [Buffer.from(body)]
  if (isStored) bodies.push(Buffer.from(JSON.stringify(parts)))
  return { told: { usage, textBytes }, bodies }
}
