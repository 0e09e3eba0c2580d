// An operation of the gateway's API: what has to be known of its requests and answers.
import type { Dialect, JsonObject } from '../../../shared/chat/parts.ts'
import type { InboundDialect } from '../dialects/dialect.ts'
import type { EmbeddingInbound } from '../dialects/embedding-dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { UnitCounter } from './billable-units.ts'

/** The API of `apis/` that answers. `health` needs no key. */
export type ApiName = 'inference' | 'responses' | 'files' | 'models' | 'realtime' | 'health'

export interface Operation {
  /** Name in metrics and records: '/v1/chat/completions'. */
  readonly name: string
  readonly api: ApiName
  readonly methods: readonly string[]
  /** The request is answered without its body, as soon as its head is read. */
  readonly bodiless?: boolean
  readonly dialect: Dialect
  /** The shape in which callers expect errors. */
  readonly errors: ErrorShape
  /** Path behind the provider's base path, for upstreams that speak the dialect. '' means that none does. */
  readonly upstreamPath: string | ((model: string) => string)
  /** Parses and prints the caller's dialect for upstreams that do not speak it. Undefined: such upstreams are skipped. */
  readonly inbound: InboundDialect | undefined
  /** Parses and prints the caller's dialect of embeddings. */
  readonly embeddings?: EmbeddingInbound
  /** Set where the body names the model besides the path. Returns the body with the target's model in it, or the same body
   *  where it names that model already. */
  readonly namesModelWithin?: (body: JsonObject, model: string) => JsonObject
  /** The required member of the body, and whether it must be a non-empty array. */
  readonly input:
    | { readonly member: 'messages' | 'prompt' | 'input' | 'query'; readonly nonEmptyArray: boolean }
    | undefined
  /** How its streams are observed where their bytes pass through. Undefined: the operation does not stream. */
  readonly stream: StreamDialect | undefined
  /** Every answer is a stream, whatever the body says. */
  readonly alwaysStreams?: boolean
  /** Whether a stream reports usage only when it is asked to (`stream_options.include_usage`). */
  readonly asksForUsage: boolean
  /** Answers may be stored, and later requests may continue from them. */
  readonly stateful?: boolean
  /** Set on operations that count tokens and use none: prints the number for the caller. */
  readonly counts?: (tokens: number) => object
  /** The media type of an answer decides how it is read, whatever the request asked for: as JSON, as events, or as opaque
   *  bytes. 'bytes': every answer is opaque bytes. */
  readonly answersAnyhow?: true | 'bytes'
  /** Counts billable units where an answer reports no tokens. Operations that have it never estimate tokens. */
  readonly units?: UnitCounter
  /** Set where bodies may be multipart forms: whether they must be, and which part is required. */
  readonly form?: { readonly only: boolean; readonly part: string | undefined }
}

/** The observer that a stream needs where its bytes pass through. */
export type StreamDialect = 'chat' | 'responses' | 'messages' | 'gemini' | 'typed'
