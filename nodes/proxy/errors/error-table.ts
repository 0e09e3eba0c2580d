// The error table: one row for each error, with its status, type, code and retry hint. Messages say what is wrong, where, what
// was expected and what to do, and never repeat a secret.
import type { OtherKey } from '../auth/callers.ts'
import { budgetRows } from './budget-rows.ts'
import { conversationRows } from './conversation-errors.ts'
import { brief, invalid, passing, type Row, type RowOf, row, shown, withParam } from './error-row.ts'
import type { GatewayError } from './gateway-error.ts'
import { ineligibleRow } from './ineligible-row.ts'
import { limitExhaustedRow, rateLimitedRow } from './rate-limited-row.ts'
import { upstreamRows } from './upstream-rows.ts'

export function errorRow(error: GatewayError): Row {
  const found = errorTable[error.type] as RowOf<GatewayError>
  return typeof found === 'function' ? found(error) : found
}

const keyConflict = row(
  409,
  invalid,
  'idempotency_conflict',
  'The Idempotency-Key was sent before with another body or path. Send each request with a key of its own.',
)
const keyPending = row(
  409,
  invalid,
  'idempotency_in_progress',
  'A request with this Idempotency-Key has not ended yet. Try again after the time given to have its answer.',
)
const challenge = ['www-authenticate', 'Bearer']
const framing: { readonly [Type in 'bad-framing' | 'bad-content-type' | 'unsupported-media-type']: RowFor<Type> } = {
  'bad-framing': ({ message }) => row(400, invalid, 'bad_framing', message),
  'bad-content-type': ({ message }) => row(400, invalid, 'bad_content_type', message),
  'unsupported-media-type': ({ message }) => row(415, invalid, 'unsupported_media_type', message),
}

type RowFor<Type extends GatewayError['type']> = RowOf<Extract<GatewayError, { type: Type }>>

const errorTable = {
  ...framing,
  ...conversationRows,
  ...budgetRows,
  ...upstreamRows,
  'length-required': row(
    411,
    invalid,
    'length_required',
    'The body must come with a Content-Length; chunked bodies are not accepted here.',
  ),
  'body-too-large': ({ maxBytes }) =>
    row(413, invalid, 'request_too_large', `The body is larger than the limit of ${maxBytes} bytes.`),
  'too-complex': row(
    413,
    invalid,
    'too_complex',
    'The body takes more memory or time to translate than one request may have. Send less at once.',
  ),
  'too-heavy': row(
    413,
    invalid,
    'request_too_large',
    'Reading this body would take more memory than one key may have here. Send less, or ask a model whose provider takes it as it is.',
  ),
  // A parsed form lives until its request is answered: memory comes back within seconds.
  'no-memory': passing(
    row(503, 'server_error', 'overloaded', 'There is no memory to read this body now. Try again after the time given.'),
    2_000,
  ),
  'no-body-memory': ({ whose, retryAfterMs }) =>
    passing(row(503, 'server_error', 'overloaded', bodyMemoryTexts[whose]), retryAfterMs),
  'unsupported-encoding': row(
    415,
    invalid,
    'unsupported_content_encoding',
    'Send the body without a Content-Encoding.',
  ),
  'expectation-failed': row(417, invalid, 'expectation_failed', 'The only expectation accepted is 100-continue.'),
  'unknown-host': row(
    421,
    invalid,
    'unknown_host',
    'This host name is not served here. Check the Host header or HEADGATE_HOSTS.',
  ),
  overloaded: ({ retryAfterMs }) =>
    passing(
      row(503, 'server_error', 'overloaded', 'The gateway is shedding load. Try again after the time given.'),
      retryAfterMs,
    ),
  'too-busy': ({ retryAfterMs }) =>
    passing(
      row(
        503,
        'server_error',
        'overloaded',
        'Too many large bodies wait to be translated. Try again after the time given.',
      ),
      retryAfterMs,
    ),
  'shutting-down': passing(
    row(503, 'server_error', 'gateway_restarts', 'The gateway restarts. Send the request again.'),
    1_000,
  ),
  internal: row(
    500,
    'server_error',
    'internal_error',
    'Something broke inside the gateway. The request id leads to its record.',
  ),
  'bad-body': ({ code, message, param }) => withParam(row(400, invalid, code, message), param),
  'missing-key': ({ lacks }) => ({ ...row(401, invalid, 'missing_api_key', missingKey(lacks)), headers: challenge }),
  'unknown-key': ({ looksLike }) => ({
    ...row(401, invalid, 'invalid_api_key', unknownKey[looksLike ?? 'key']),
    headers: challenge,
  }),
  'ambiguous-credentials': row(
    400,
    invalid,
    'ambiguous_credentials',
    'Two different credentials were sent in `Authorization`, `x-api-key`, headers like it or the URL. Send one.',
  ),
  'key-full': ({ openMax, retryAfterMs }) =>
    passing(
      row(
        429,
        'requests',
        'rate_limit_exceeded',
        `This key has ${openMax} requests open, as many as it may have at a time. Try again when one of them has ended.`,
      ),
      retryAfterMs,
    ),
  'model-not-allowed': ({ model }) =>
    withParam(
      row(
        403,
        'permission_error',
        'model_not_allowed',
        `This key may not use the model ${shown(model)}. GET /v1/models lists what it may use.`,
      ),
      'model',
    ),
  'unknown-model': (error) => withParam(row(404, invalid, 'model_not_found', unknownModel(error)), 'model'),
  'unknown-path': (error) => row(404, invalid, 'unknown_path', unknownPath(error)),
  'method-not-allowed': ({ allow }) => ({
    ...row(405, invalid, 'method_not_allowed', `This path takes ${allow}.`),
    headers: ['allow', allow],
  }),
  'unknown-object': ({ kind }) =>
    withParam(row(404, invalid, 'not_found', `There is no such ${kind} for this key.`), 'id'),
  'upgrade-required': {
    ...row(426, invalid, 'upgrade_required', 'This path takes WebSocket connections: GET with `Upgrade: websocket`.'),
    headers: ['upgrade', 'websocket'],
  },
  'not-served': (error) => row(501, invalid, 'not_supported', notServed(error)),
  'no-config': passing(row(503, 'server_error', 'no_config', 'The gateway has no configuration yet.'), 1_000),
  'config-damaged': passing(
    row(
      503,
      'server_error',
      'config_damaged',
      'Every copy of the configuration is damaged. An operator has to restore one.',
    ),
    30_000,
  ),
  'no-target': ({ model }) =>
    passing(
      row(503, 'server_error', 'overloaded', `No target of the model ${shown(model)} can take the request now.`),
      1_000,
    ),
  unable: ineligibleRow,
  idempotency: ({ isPending }) => (isPending ? passing(keyPending, 1_000) : keyConflict),
  'rate-limited': rateLimitedRow,
  'limit-exhausted': limitExhaustedRow,
  blocked: ({ reason }) =>
    row(
      403,
      'permission_error',
      'access_blocked',
      `An operator has stopped these requests.${reason === '' ? '' : ` ${brief(reason)}`}`,
    ),
} satisfies { readonly [Type in GatewayError['type']]: RowFor<Type> }

function unknownModel({ model, nearest, lacking }: Extract<GatewayError, { type: 'unknown-model' }>): string {
  if (lacking === undefined) return `There is no model ${shown(model)}. ${didYouMean(nearest)}`
  const add = `no provider here has it. An operator can add one of the kind ${shown(lacking)}.`
  return `There is no model ${shown(model)}: ${add} ${didYouMean(nearest)}`
}

/** What to call instead of a model that there is not. */
export function didYouMean(nearest: readonly string[]): string {
  return nearest.length === 0 ? 'GET /v1/models lists the models.' : `Did you mean ${nearest.map(shown).join(', ')}?`
}

function notServed({ name, instead }: { name: string | undefined; instead: string }): string {
  return `${name === undefined ? 'This endpoint' : `The ${name} API`} is not served by Headgate. ${instead}`.trim()
}

function unknownPath({ nearest, hint }: Extract<GatewayError, { type: 'unknown-path' }>): string {
  return `There is nothing at this path.${hint ?? (nearest === undefined ? '' : ` Did you mean ${nearest}?`)}`
}

function missingKey(lacks: 'scheme' | undefined): string {
  if (lacks === undefined) return 'No API key was sent. Send one as `Authorization: Bearer …` or `x-api-key: …`.'
  return '`Authorization` does not begin with `Bearer`. Send the key as `Authorization: Bearer …` or `x-api-key: …`.'
}

/** What is said of a key that is not valid, by what its first letters tell of it. */
const unknownKey: Readonly<Record<OtherKey | 'key', string>> = {
  key: 'The API key is not valid here. Check that it is complete, current and from this gateway.',
  'admin-token':
    'The API key is not valid here: it looks like an admin token, which is for the admin API. Send a virtual key (`hg_…`).',
  'provider-key':
    "The API key is not valid here: it looks like a provider's key. Send a virtual key of this gateway (`hg_…`).",
  bearer: 'The API key is not valid here: it begins with `Bearer`, which belongs into `Authorization` alone.',
}

const bodyMemoryTexts = {
  key: 'The bodies of the requests that this key has open take all the memory that one key may have. Send fewer large ones at a time, or try again after the time given.',
  team: 'The bodies of the requests that the keys of this team have open take all the memory that one team may have. Send fewer large ones at a time, or try again after the time given.',
  all: 'The memory for request bodies is used up. Try again after the time given.',
} as const
