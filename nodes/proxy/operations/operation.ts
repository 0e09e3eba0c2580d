// One endpoint that callers have: what the gateway needs to know of its requests and answers.
import type { Dialect, JsonObject } from '../../../shared/chat/parts.ts'
import type { InboundDialect } from '../dialects/dialect.ts'
import type { EmbeddingInbound } from '../dialects/embedding-dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { UnitCounter } from './billable-units.ts'

/** The part of `apis/` that answers. `health` needs no key. */
export type ApiName = 'inference' | 'responses' | 'files' | 'models' | 'realtime' | 'health'

export interface Operation {
  /** Its name in metrics and records: '/v1/chat/completions'. */
  readonly name: string
  readonly api: ApiName
  readonly methods: readonly string[]
  /** The request is answered without its body, as soon as its head is read. */
  readonly bodiless?: boolean
  readonly dialect: Dialect
  /** The shape in which callers expect errors. */
  readonly errors: ErrorShape
  /** Path behind the provider's base path, for upstreams that take the dialect as it is. '': none does. */
  readonly upstreamPath: string | ((model: string) => string)
  /** Parses and prints the caller's dialect for upstreams that do not speak it. Undefined: such upstreams are skipped. */
  readonly inbound: InboundDialect | undefined
  /** The same for embeddings. */
  readonly embeddings?: EmbeddingInbound
  /** The body names the model again: the same body where it is the target's, another one where it is not. */
  readonly namesModelWithin?: (body: JsonObject, model: string) => JsonObject
  /** The member that has to be there, and whether it must be a non-empty array. */
  readonly input:
    | { readonly member: 'messages' | 'prompt' | 'input' | 'query'; readonly nonEmptyArray: boolean }
    | undefined
  /** How its streams are observed where their bytes pass through. Undefined: the operation does not stream. */
  readonly stream: StreamDialect | undefined
  /** Every answer is a stream, whatever the body says. */
  readonly alwaysStreams?: boolean
  /** Whether usage has to be asked for (`stream_options.include_usage`). */
  readonly asksForUsage: boolean
  /** Answers may be stored, and later requests may continue from them. */
  readonly stateful?: boolean
  /** Set on operations that count tokens and use none: prints the number for the caller. */
  readonly counts?: (tokens: number) => object
  /** Whatever was asked for, the answer's own media type tells what it is: JSON, events, or bytes that nobody reads. 'bytes':
   *  nobody reads any of them. */
  readonly answersAnyhow?: true | 'bytes'
  /** Its tokens are not estimated: where an answer does not tell them, this tells what else was used. */
  readonly units?: UnitCounter
  /** Bodies may be forms: whether they must, and which part has to be there. */
  readonly form?: { readonly only: boolean; readonly part: string | undefined }
}

/** How a stream has to be watched where its bytes pass through. */
export type StreamDialect = 'chat' | 'responses' | 'messages' | 'gemini' | 'typed'
