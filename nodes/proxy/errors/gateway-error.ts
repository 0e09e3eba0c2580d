// Everything that a caller can be told instead of an answer. An error is a value: nothing here is thrown.
import type { Capability } from '../../../shared/chat/capabilities.ts'
import type { LimitUnit } from '../../../shared/config/kinds/limits/spec.ts'
import type { OtherKey } from '../auth/callers.ts'
import type { HeaderLines, HttpError } from '../http/http.ts'

export type GatewayError =
  | HttpError
  /** The body would take more memory or time to translate than one request may have. */
  | { readonly type: 'too-complex' }
  /** Too many large bodies wait to be translated. */
  | { readonly type: 'too-busy'; readonly retryAfterMs: number }
  | { readonly type: 'bad-body'; readonly code: string; readonly message: string; readonly param?: string | undefined }
  | { readonly type: 'missing-key'; readonly lacks?: 'scheme' | undefined }
  | { readonly type: 'unknown-key'; readonly looksLike?: OtherKey | undefined }
  | { readonly type: 'ambiguous-credentials' }
  /** The key has as many requests open as it may have. */
  | { readonly type: 'key-full'; readonly openMax: number; readonly retryAfterMs: number }
  | { readonly type: 'model-not-allowed'; readonly model: string }
  /** `lacking` is the kind of a provider that has the model, where there is none of that kind here. */
  | {
      readonly type: 'unknown-model'
      readonly model: string
      readonly nearest: readonly string[]
      readonly lacking?: string | undefined
    }
  /** `hint` says what is wrong with the path as a whole. */
  | { readonly type: 'unknown-path'; readonly nearest: string | undefined; readonly hint?: string | undefined }
  | { readonly type: 'method-not-allowed'; readonly allow: string }
  | { readonly type: 'upgrade-required' }
  | { readonly type: 'unknown-object'; readonly kind: 'file' | 'batch' }
  /** The path belongs to an API of a provider that is not served; `name` is undefined where only that much is known. */
  | { readonly type: 'not-served'; readonly name: string | undefined; readonly instead: string }
  /** The process ends before the request does. */
  | { readonly type: 'shutting-down' }
  | { readonly type: 'no-config' }
  | { readonly type: 'config-damaged' }
  | { readonly type: 'no-target'; readonly model: string }
  /** What is made of the body would need more memory than one key may ever have. */
  | { readonly type: 'too-heavy' }
  /** There is no memory for it now. */
  | { readonly type: 'no-memory' }
  /** No target can take the request; `models` names models that could, undefined where it was not looked for any. */
  | {
      readonly type: 'unable'
      readonly model: string
      readonly ineligible: Exclude<Ineligible, Unparsed>
      readonly models: readonly string[] | undefined
    }
  /** The operator has stopped the caller; `reason` is '' where none was given. */
  | { readonly type: 'blocked'; readonly reason: string }
  /** The idempotency key belongs to another request, or to one that has not ended. */
  | { readonly type: 'idempotency'; readonly isPending: boolean }
  | RateLimitedError
  | BudgetError
  | ExhaustedError
  | ConversationError
  | UpstreamGatewayError

/** A limit of the configuration has no room for the request. */
export interface RateLimitedError {
  readonly type: 'rate-limited'
  /** The name of the limit. */
  readonly limit: string
  /** Whose requests it counts, and the name in which this one counted; '' where that is not told. */
  readonly per: string
  readonly subject: string
  readonly unit: LimitUnit | 'wallTime'
  /** Nano-dollars for `usd`, milliseconds for `wallTime`. */
  readonly amount: number
  /** The window as the operator wrote it; '' for requests at the same time. */
  readonly window: string
  /** Undefined: a request of this size never fits. */
  readonly retryAfterMs: number | undefined
  readonly headers: HeaderLines
}

/** What a stream that is under way has used up, so that it ends; `name` is that of the limit or the budget. */
export type ExhaustedError =
  | { readonly type: 'limit-exhausted'; readonly name: string }
  | { readonly type: 'budget-exhausted'; readonly name: string }

/** Errors of budgets; `budget` is the name of one. */
export type BudgetError =
  | {
      readonly type: 'budget-exceeded'
      readonly budget: string
      /** The window as the operator wrote it. */
      readonly window: string
      readonly limitNanoUsd: number
      readonly spentNanoUsd: number
      /** What requests that are not finished may cost, here and at other proxies. */
      readonly reservedNanoUsd: number
      /** The most that the request can cost. */
      readonly boundNanoUsd: number
      /** Milliseconds since the epoch. */
      readonly resetsAtMs: number
      /** The request would fit if others cost less than they may. */
      readonly isReserved: boolean
    }
  /** The register of budgets, or the disk, cannot be asked now. */
  | { readonly type: 'budget-away'; readonly budget: string }
  /** Requests must be journaled before they are sent, and the disk does not take it. */
  | { readonly type: 'journal-away' }
  | { readonly type: 'cost-unbounded'; readonly budget: string; readonly why: string }

/** Errors of stored responses and of conversations that continue from them. */
export type ConversationError =
  /** The store can be neither read nor written now. */
  | { readonly type: 'state-away' }
  | { readonly type: 'chain-too-long'; readonly responses: number; readonly bytes: number }
  /** `isPrevious`: a request wanted to continue from the response. */
  | { readonly type: 'response-unknown'; readonly id: string; readonly isPrevious: boolean }

/** Errors that come of what an upstream did. */
export type UpstreamGatewayError =
  | UpstreamBusyError
  /** The upstream rejected the request; the caller gets the upstream's own words. */
  | { readonly type: 'upstream-rejected'; readonly answer: ErrorAnswer }
  /** The upstream rejected the request in the first event of its stream. */
  | {
      readonly type: 'rejected-in-stream'
      readonly status: number
      readonly code: string | undefined
      readonly message: string
      readonly param: string | undefined
    }
  /** The upstream reported an error inside its stream; `message` is what it said. */
  | { readonly type: 'upstream-error-event'; readonly message: string | undefined }
  | { readonly type: 'upstream-limited'; readonly retryAfterMs: number }
  /** All upstreams are overloaded; `retryAfterMs` is undefined where none said how long to wait. */
  | { readonly type: 'upstream-overloaded'; readonly retryAfterMs: number | undefined }
  | { readonly type: 'upstream-error'; readonly message: string; readonly provider?: ProviderName }
  | { readonly type: 'upstream-timeout'; readonly message: string; readonly provider?: ProviderName }
  | { readonly type: 'upstream-auth'; readonly provider?: ProviderName }
  /** `cause` is what TLS found wrong, as a clause. */
  | { readonly type: 'upstream-tls'; readonly cause?: string | undefined; readonly provider?: ProviderName }
  | { readonly type: 'upstream-protocol'; readonly provider?: ProviderName }

/** What the provider lets the account of the gateway use is used up, and too many wait for more. */
export interface UpstreamBusyError {
  readonly type: 'upstream-busy'
  readonly provider: string
  readonly model: string
  readonly retryAfterMs: number
}

/** A provider takes no more of the gateway now: by its own word, or as far as is known of it. */
export type UpstreamFullError = UpstreamBusyError | Extract<UpstreamGatewayError, { type: 'upstream-limited' }>

/** The provider that failed. Undefined: the error does not come of one provider. */
type ProviderName = string | undefined

/** An upstream's answer outside 2xx. */
export interface ErrorAnswer {
  readonly status: number
  readonly contentType: string
  readonly retryAfterMs: number | undefined
  /** The wait until the limits of the account are renewed, where the head tells it. */
  readonly resetMs?: number | undefined
  /** The name of the exception in the header `x-amzn-errortype`. */
  readonly errorType?: string | undefined
  readonly body: Buffer
}

/** Why a target cannot take a request. */
export type Ineligible =
  | { readonly type: 'missing-capability'; readonly capability: Capability; readonly what: string }
  /** The target cannot take these parameters, and strict mode lets none be dropped. */
  | { readonly type: 'unsupported-params'; readonly params: readonly string[] }
  /** The target's kind of provider has no such operation. */
  | { readonly type: 'unspoken'; readonly route: string }
  /** The conversation that the request continues is held by another provider. */
  | { readonly type: 'elsewhere'; readonly provider: string }
  /** What the target would cost is not known, and the operator refuses such requests. */
  | { readonly type: 'unpriced'; readonly provider: string; readonly target: string }
  | { readonly type: 'unreadable'; readonly path: string; readonly message: string; readonly code?: string }
  | NoRoom

export type Unreadable = Extract<Ineligible, { type: 'unreadable' }>

/** There is no memory for what is made of the body: not now, or never. */
export interface NoRoom {
  readonly type: 'no-room'
  readonly when: 'now' | 'ever'
}

/** Why the body of a request cannot be parsed. */
export type Unparsed = Unreadable | NoRoom

/** The error of a request that no target can take; `models` could take it. */
export function ineligibleError(
  ineligible: Ineligible,
  { model, models }: { model: string; models: readonly string[] | undefined },
): GatewayError {
  const isUnparsed = ineligible.type === 'unreadable' || ineligible.type === 'no-room'
  return isUnparsed ? unparsedError(ineligible) : { type: 'unable', model, ineligible, models }
}

export function unparsedError(unparsed: Unparsed): GatewayError {
  if (unparsed.type === 'unreadable') return unreadableError(unparsed)
  return { type: unparsed.when === 'ever' ? 'too-heavy' : 'no-memory' }
}

export function unreadableError({ path, message, code = 'invalid_value' }: Unreadable): GatewayError {
  return { type: 'bad-body', code, message: `\`${path}\` ${message}.`, param: path }
}
