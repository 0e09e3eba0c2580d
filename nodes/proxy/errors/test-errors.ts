// Every error that a caller can be told, with what its row must say. A new member of `GatewayError` does not compile until it
// has its cases here.
import { bounds } from '../../../shared/bounds.ts'
import type { GatewayError } from './gateway-error.ts'

export interface ErrorCase<Kind extends GatewayError = GatewayError> {
  readonly error: Kind
  readonly status: number
  /** OpenAI's name for the type of the error. */
  readonly type: string
  readonly code: string | null
  readonly param?: string
  /** The wait in milliseconds; absent where another try does not help. */
  readonly retryAfterMs?: number
  /** What the message must say. */
  readonly says: RegExp
}

type Cases = {
  readonly [Type in GatewayError['type']]: readonly [
    ErrorCase<Extract<GatewayError, { type: Type }>>,
    ...ErrorCase<Extract<GatewayError, { type: Type }>>[],
  ]
}

const invalid = 'invalid_request_error'
const html = { status: 422, contentType: 'text/html', retryAfterMs: undefined, body: Buffer.from('sk-upstream') }
const model = 'fast'
const models = ['smart', 'wide']

const spentBudget = {
  type: 'budget-exceeded',
  budget: 'search',
  window: '1mo',
  limitNanoUsd: 500e9,
  spentNanoUsd: 499.5e9,
  reservedNanoUsd: 250e6,
  boundNanoUsd: 750e6,
  resetsAtMs: Date.UTC(2026, 11, 1),
} as const

const cases: Cases = {
  'bad-framing': [
    {
      error: { type: 'bad-framing', message: 'Two lengths were sent.' },
      status: 400,
      type: invalid,
      code: 'bad_framing',
      says: /^Two lengths were sent\.$/,
    },
  ],
  'body-too-large': [
    {
      error: { type: 'body-too-large', maxBytes: 1_024 },
      status: 413,
      type: invalid,
      code: 'request_too_large',
      says: /limit of 1024 bytes/,
    },
  ],
  'too-heavy': [
    { error: { type: 'too-heavy' }, status: 413, type: invalid, code: 'request_too_large', says: /more memory/ },
  ],
  'no-body-memory': [
    {
      error: { type: 'no-body-memory', whose: 'key', retryAfterMs: 1_000 },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      says: /one key may have/,
      retryAfterMs: 1_000,
    },
    {
      error: { type: 'no-body-memory', whose: 'team', retryAfterMs: 1_000 },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      says: /one team may have/,
      retryAfterMs: 1_000,
    },
    {
      error: { type: 'no-body-memory', whose: 'all', retryAfterMs: 1_000 },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      says: /is used up/,
      retryAfterMs: 1_000,
    },
  ],
  'no-memory': [
    {
      error: { type: 'no-memory' },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      says: /no memory/,
      retryAfterMs: 2_000,
    },
  ],
  blocked: [
    {
      error: { type: 'blocked', reason: 'It runs in a circle.' },
      status: 403,
      type: 'permission_error',
      code: 'access_blocked',
      says: /^An operator has stopped these requests\. It runs in a circle\.$/,
    },
    {
      error: { type: 'blocked', reason: '' },
      status: 403,
      type: 'permission_error',
      code: 'access_blocked',
      says: /^An operator has stopped these requests\.$/,
    },
  ],
  'limit-exhausted': [
    {
      error: { type: 'limit-exhausted', name: 'team-tokens' },
      status: 429,
      type: 'tokens',
      code: 'limit_exhausted',
      says: /^The limit `team-tokens` has no room for more of this answer\.$/,
    },
  ],
  'budget-exhausted': [
    {
      error: { type: 'budget-exhausted', name: 'search' },
      status: 429,
      type: 'insufficient_quota',
      code: 'budget_exhausted',
      says: /^The budget `search` does not pay for more of this answer\.$/,
    },
  ],
  'rate-limited': [
    {
      error: {
        type: 'rate-limited',
        limit: 'daily',
        per: 'user',
        subject: 'ann',
        unit: 'requests',
        amount: 1_000,
        window: '1d',
        retryAfterMs: 5_000,
        headers: [],
      },
      status: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
      retryAfterMs: 5_000,
      says: /^The limit `daily` of 1000 requests in 1d for user `ann` is reached\./,
    },
    {
      error: {
        type: 'rate-limited',
        limit: 'small',
        per: 'key',
        subject: '',
        unit: 'inputTokens',
        amount: 10,
        window: '1m',
        retryAfterMs: undefined,
        headers: [],
      },
      status: 429,
      type: 'tokens',
      code: 'rate_limit_exceeded',
      says: /of 10 input tokens in 1m per key is too small for this request/,
    },
  ],
  'too-busy': [
    {
      error: { type: 'too-busy', retryAfterMs: 1_000 },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      retryAfterMs: 1_000,
      says: /large bodies wait/,
    },
  ],
  'too-complex': [
    { error: { type: 'too-complex' }, status: 413, type: invalid, code: 'too_complex', says: /more memory or time/ },
  ],
  'budget-exceeded': [
    {
      error: { ...spentBudget, isReserved: false },
      status: 429,
      type: 'insufficient_quota',
      code: 'budget_exceeded',
      says: /^The budget `search` of 500 USD in 1mo does not pay for this request: 499\.5 USD are spent, 0\.25 USD are reserved\. It resets at 2026-12-01T00:00:00\.000Z\. The request can cost up to 0\.75 USD, less with a lower cap of the answer\.$/,
    },
    {
      error: { ...spentBudget, isReserved: true },
      status: 429,
      type: 'insufficient_quota',
      code: 'budget_exceeded',
      retryAfterMs: 1_000,
      says: /is reserved by requests that are not finished/,
    },
  ],
  'budget-away': [
    {
      error: { type: 'budget-away', budget: 'search' },
      status: 503,
      type: 'server_error',
      code: 'budget_unavailable',
      retryAfterMs: 1_000,
      says: /budget `search` cannot be asked now/,
    },
  ],
  'journal-away': [
    {
      error: { type: 'journal-away' },
      status: 503,
      type: 'server_error',
      code: 'journal_unavailable',
      retryAfterMs: 5_000,
      says: /journaled before they are sent/,
    },
  ],
  'cost-unbounded': [
    {
      error: { type: 'cost-unbounded', budget: 'search', why: 'up/gpt-4o has no known price' },
      status: 400,
      type: 'invalid_request_error',
      code: 'cost_unbounded',
      says: /budget `search` is hard, .* has no bound: up\/gpt-4o has no known price\./,
    },
  ],
  'shutting-down': [
    {
      error: { type: 'shutting-down' },
      status: 503,
      type: 'server_error',
      code: 'gateway_restarts',
      retryAfterMs: 1_000,
      says: /restarts/,
    },
  ],
  'length-required': [
    {
      error: { type: 'length-required' },
      status: 411,
      type: invalid,
      code: 'length_required',
      says: /Content-Length/,
    },
  ],
  'unsupported-media-type': [
    {
      error: { type: 'unsupported-media-type', message: 'Send JSON.' },
      status: 415,
      type: invalid,
      code: 'unsupported_media_type',
      says: /^Send JSON\.$/,
    },
  ],
  'bad-content-type': [
    {
      error: { type: 'bad-content-type', message: 'The charset is not UTF-8.' },
      status: 400,
      type: invalid,
      code: 'bad_content_type',
      says: /^The charset is not UTF-8\.$/,
    },
  ],
  'unsupported-encoding': [
    {
      error: { type: 'unsupported-encoding', encoding: 'gzip' },
      status: 415,
      type: invalid,
      code: 'unsupported_content_encoding',
      says: /without a Content-Encoding/,
    },
  ],
  'expectation-failed': [
    {
      error: { type: 'expectation-failed' },
      status: 417,
      type: invalid,
      code: 'expectation_failed',
      says: /100-continue/,
    },
  ],
  'unknown-host': [
    { error: { type: 'unknown-host' }, status: 421, type: invalid, code: 'unknown_host', says: /HEADGATE_HOSTS/ },
  ],
  overloaded: [
    {
      error: { type: 'overloaded', retryAfterMs: 2_000 },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      retryAfterMs: 2_000,
      says: /shedding load/,
    },
  ],
  internal: [
    {
      error: { type: 'internal' },
      status: 500,
      type: 'server_error',
      code: 'internal_error',
      says: /request id/,
    },
  ],
  'bad-body': [
    {
      error: { type: 'bad-body', code: 'invalid_value', message: '`limit` must be 1 to 100.', param: 'limit' },
      status: 400,
      type: invalid,
      code: 'invalid_value',
      param: 'limit',
      says: /1 to 100/,
    },
    {
      error: { type: 'bad-body', code: 'empty_body', message: 'The body is empty.' },
      status: 400,
      type: invalid,
      code: 'empty_body',
      says: /empty/,
    },
  ],
  'missing-key': [
    {
      error: { type: 'missing-key' },
      status: 401,
      type: invalid,
      code: 'missing_api_key',
      says: /Authorization: Bearer.*x-api-key/,
    },
    {
      error: { type: 'missing-key', lacks: 'scheme' },
      status: 401,
      type: invalid,
      code: 'missing_api_key',
      says: /does not begin with `Bearer`/,
    },
  ],
  'unknown-key': [
    { error: { type: 'unknown-key' }, status: 401, type: invalid, code: 'invalid_api_key', says: /not valid here/ },
    ...(
      [
        ['admin-token', /admin token.*virtual key/],
        ['provider-key', /provider's key/],
        ['bearer', /begins with `Bearer`/],
      ] as const
    ).map(([looksLike, says]) => ({
      error: { type: 'unknown-key' as const, looksLike },
      status: 401,
      type: invalid,
      code: 'invalid_api_key',
      says,
    })),
  ],
  'ambiguous-credentials': [
    {
      error: { type: 'ambiguous-credentials' },
      status: 400,
      type: invalid,
      code: 'ambiguous_credentials',
      says: /Authorization.*x-api-key.*Send one/,
    },
  ],
  'key-full': [
    {
      error: { type: 'key-full', openMax: 100, retryAfterMs: 1_000 },
      status: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
      retryAfterMs: 1_000,
      says: /100 requests open/,
    },
  ],
  'model-not-allowed': [
    {
      error: { type: 'model-not-allowed', model },
      status: 403,
      type: 'permission_error',
      code: 'model_not_allowed',
      param: 'model',
      says: /`fast`.*GET \/v1\/models/,
    },
  ],
  'unknown-model': [
    {
      error: { type: 'unknown-model', model, nearest: [] },
      status: 404,
      type: invalid,
      code: 'model_not_found',
      param: 'model',
      says: /`fast`.*GET \/v1\/models/,
    },
    {
      error: { type: 'unknown-model', model: 'smrt', nearest: models },
      status: 404,
      type: invalid,
      code: 'model_not_found',
      param: 'model',
      says: /`smrt`. Did you mean `smart`, `wide`\?$/,
    },
    {
      error: { type: 'unknown-model', model: 'gpt-4o-mini', nearest: [], lacking: 'openai' },
      status: 404,
      type: invalid,
      code: 'model_not_found',
      param: 'model',
      says: /`gpt-4o-mini`: no provider here has it.* of the kind `openai`\. GET \/v1\/models/,
    },
  ],
  'unknown-path': [
    {
      error: { type: 'unknown-path', nearest: undefined },
      status: 404,
      type: invalid,
      code: 'unknown_path',
      says: /nothing at this path\.$/,
    },
    {
      error: { type: 'unknown-path', nearest: '/v1/models' },
      status: 404,
      type: invalid,
      code: 'unknown_path',
      says: /Did you mean \/v1\/models\?$/,
    },
  ],
  'method-not-allowed': [
    {
      error: { type: 'method-not-allowed', allow: 'GET, HEAD' },
      status: 405,
      type: invalid,
      code: 'method_not_allowed',
      says: /takes GET, HEAD\./,
    },
  ],
  'upgrade-required': [
    {
      error: { type: 'upgrade-required' },
      status: 426,
      type: invalid,
      code: 'upgrade_required',
      says: /Upgrade: websocket/,
    },
  ],
  'unknown-object': [
    {
      error: { type: 'unknown-object', kind: 'file' },
      status: 404,
      type: invalid,
      code: 'not_found',
      param: 'id',
      says: /no such file for this key/,
    },
    {
      error: { type: 'unknown-object', kind: 'batch' },
      status: 404,
      type: invalid,
      code: 'not_found',
      param: 'id',
      says: /no such batch for this key/,
    },
  ],
  'not-served': [
    {
      error: { type: 'not-served', name: undefined, instead: '' },
      status: 501,
      type: invalid,
      code: 'not_supported',
      says: /^This endpoint is not served by Headgate\.$/,
    },
    {
      error: { type: 'not-served', name: 'Assistants', instead: 'Use the Responses API.' },
      status: 501,
      type: invalid,
      code: 'not_supported',
      says: /^The Assistants API is not served by Headgate\. Use the Responses API\.$/,
    },
  ],
  'no-config': [
    {
      error: { type: 'no-config' },
      status: 503,
      type: 'server_error',
      code: 'no_config',
      retryAfterMs: 1_000,
      says: /no configuration yet/,
    },
  ],
  'config-damaged': [
    {
      error: { type: 'config-damaged' },
      status: 503,
      type: 'server_error',
      code: 'config_damaged',
      retryAfterMs: 30_000,
      says: /operator/,
    },
  ],
  'no-target': [
    {
      error: { type: 'no-target', model },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      retryAfterMs: 1_000,
      says: /`fast`/,
    },
  ],
  unable: [
    {
      error: {
        type: 'unable',
        model,
        ineligible: { type: 'missing-capability', capability: 'hosted tools', what: 'web_search' },
        models,
      },
      status: 400,
      type: invalid,
      code: 'unsupported_capability',
      param: 'web_search',
      says: /`fast`.*hosted tools \(`web_search`\).*could: `smart`, `wide`\./,
    },
    {
      error: { type: 'unable', model, ineligible: { type: 'unsupported-params', params: ['seed', 'n'] }, models: [] },
      status: 400,
      type: invalid,
      code: 'unsupported_parameter',
      param: 'seed',
      says: /strict mode.*`fast`.*`seed`, `n`\. No model/,
    },
    {
      error: { type: 'unable', model, ineligible: { type: 'unpriced', provider: 'up', target: 'new' }, models },
      status: 400,
      type: invalid,
      code: 'model_unpriced',
      param: 'model',
      says: /`fast` has no known price at `up\/new`.*could: `smart`, `wide`\./,
    },
    {
      error: { type: 'unable', model, ineligible: { type: 'elsewhere', provider: 'openai' }, models: [] },
      status: 400,
      type: invalid,
      code: 'previous_response_elsewhere',
      param: 'previous_response_id',
      says: /`fast`.*the provider `openai`/,
    },
    {
      error: { type: 'unable', model, ineligible: { type: 'unspoken', route: '/v1/rerank' }, models },
      status: 400,
      type: invalid,
      code: 'unsupported_endpoint',
      param: 'model',
      says: /`fast`.*at \/v1\/rerank\..*could: `smart`, `wide`\./,
    },
  ],
  idempotency: [
    {
      error: { type: 'idempotency', isPending: false },
      status: 409,
      type: invalid,
      code: 'idempotency_conflict',
      says: /another body.*key of its own/,
    },
    {
      error: { type: 'idempotency', isPending: true },
      status: 409,
      type: invalid,
      code: 'idempotency_in_progress',
      retryAfterMs: 1_000,
      says: /not ended/,
    },
  ],
  'state-away': [
    {
      error: { type: 'state-away' },
      status: 503,
      type: 'server_error',
      code: 'state_unavailable',
      retryAfterMs: 1_000,
      says: /`store: false`/,
    },
  ],
  'chain-too-long': [
    {
      error: { type: 'chain-too-long', responses: 300, bytes: 12 },
      status: 400,
      type: invalid,
      code: 'previous_response_chain_too_long',
      param: 'previous_response_id',
      says: new RegExp(`300 responses and 12 bytes.*${bounds.responseChainMax}`),
    },
  ],
  'response-unknown': [
    {
      error: { type: 'response-unknown', id: 'resp_1', isPrevious: true },
      status: 400,
      type: invalid,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
      says: /^Previous response with id 'resp_1' not found\.$/,
    },
    {
      error: { type: 'response-unknown', id: 'resp_1', isPrevious: false },
      status: 404,
      type: invalid,
      code: null,
      param: 'response_id',
      says: /^Response with id 'resp_1' not found\.$/,
    },
  ],
  'upstream-rejected': [
    {
      error: { type: 'upstream-rejected', answer: html },
      status: 422,
      type: invalid,
      code: 'upstream_refused',
      says: /refused the request/,
    },
  ],
  'rejected-in-stream': [
    {
      error: {
        type: 'rejected-in-stream',
        status: 400,
        code: 'context_length_exceeded',
        message: 'Too long.',
        param: 'messages',
      },
      status: 400,
      type: invalid,
      code: 'context_length_exceeded',
      param: 'messages',
      says: /^Too long\.$/,
    },
    {
      error: { type: 'rejected-in-stream', status: 413, code: undefined, message: 'Too large.', param: undefined },
      status: 413,
      type: invalid,
      code: null,
      says: /^Too large\.$/,
    },
  ],
  'upstream-error-event': [
    {
      error: { type: 'upstream-error-event', message: 'sk-upstream' },
      status: 502,
      type: 'server_error',
      code: 'upstream_error',
      says: /error in its answer/,
    },
  ],
  'upstream-limited': [
    {
      error: { type: 'upstream-limited', retryAfterMs: 1_500 },
      status: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
      retryAfterMs: 1_500,
      says: /limits the rate/,
    },
  ],
  'upstream-busy': [
    {
      error: { type: 'upstream-busy', provider: 'openai', model: 'gpt-4o', retryAfterMs: 3_200 },
      status: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
      retryAfterMs: 3_200,
      says: /the provider `openai` lets it use of `gpt-4o`/,
    },
  ],
  'upstream-overloaded': [
    {
      error: { type: 'upstream-overloaded', retryAfterMs: 1_500 },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      retryAfterMs: 1_500,
      says: /overloaded now/,
    },
    {
      error: { type: 'upstream-overloaded', retryAfterMs: undefined },
      status: 503,
      type: 'server_error',
      code: 'overloaded',
      retryAfterMs: 2_000,
      says: /overloaded now/,
    },
  ],
  'upstream-error': [
    {
      error: { type: 'upstream-error', message: 'The upstream answered 500.' },
      status: 502,
      type: 'server_error',
      code: 'upstream_error',
      says: /answered 500/,
    },
  ],
  'upstream-timeout': [
    {
      error: { type: 'upstream-timeout', message: 'The upstream did not begin to answer in time.' },
      status: 504,
      type: 'server_error',
      code: 'upstream_timeout',
      says: /in time/,
    },
  ],
  'upstream-auth': [
    {
      error: { type: 'upstream-auth' },
      status: 502,
      type: 'server_error',
      code: 'upstream_auth',
      says: /your key is fine/,
    },
  ],
  'upstream-tls': [
    { error: { type: 'upstream-tls' }, status: 502, type: 'server_error', code: 'upstream_tls', says: /TLS/ },
  ],
  'upstream-protocol': [
    {
      error: { type: 'upstream-protocol' },
      status: 502,
      type: 'server_error',
      code: 'upstream_protocol_error',
      says: /not a valid answer/,
    },
  ],
}

/** The cases, each with a name that tells those of one type apart. */
export const errorCases: readonly (readonly [name: string, wanted: ErrorCase])[] = Object.entries(cases).flatMap(
  ([type, [first, ...others]]) => [
    [type, first] as const,
    ...others.map((other, n) => [`${type} (${n + 2})`, other] as const),
  ],
)
